//! The port that a database listens at.

use super::DbInstance;

/// The ports that engines listen at unless the file says otherwise, by how the engine's name begins.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>, `Port`.
pub(crate) const ENGINE_PORTS: [(&str, u16); 6] =
    [("postgres", 5432), ("mysql", 3306), ("mariadb", 3306), ("oracle", 1521), ("sqlserver", 1433), ("db2", 50_000)];

impl DbInstance {
    /// The port it listens at, where the file or its engine tells.
    pub(crate) fn listens_at(&self) -> Option<u16> {
        let of_engine = || {
            let engine = self.engine.as_deref()?;
            ENGINE_PORTS.iter().find(|(name, _)| engine.starts_with(name)).map(|(_, port)| *port)
        };
        self.port.or_else(of_engine)
    }
}
