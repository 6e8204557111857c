//! The parameters of engines: a selection of real ones, as RDS describes them.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html>

use crate::error::AwsError;

/// A parameter of an engine.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// The value that RDS sets, as a formula where it depends on the class; `None`: the engine's own default.
    pub default: Option<&'static str>,
    /// `static`: waits for a reboot; `dynamic`: can be applied at once.
    pub apply: &'static str,
    /// `integer`, `float`, `boolean`, `string` or `list`.
    pub kind: &'static str,
    /// `LEAST-MOST`, or the values with commas between; empty: any.
    pub allowed: &'static str,
}

const fn parameter(
    name: &'static str,
    apply: &'static str,
    kind: &'static str,
    default: Option<&'static str>,
    allowed: &'static str,
) -> Parameter {
    Parameter { name, default, apply, kind, allowed }
}

const LIBRARIES: &str = "auto_explain,orafce,pg_bigm,pg_cron,pg_hint_plan,pg_prewarm,pg_similarity,pg_stat_statements,\
                         pg_tle,pg_transport,pgaudit,pglogical,pgrowlocks,plprofiler,plrust,wal2json";

/// By name.
const POSTGRES: &[Parameter] = &[
    parameter("autovacuum", "dynamic", "boolean", Some("1"), "0,1"),
    parameter(
        "autovacuum_max_workers",
        "static",
        "integer",
        Some("GREATEST({DBInstanceClassMemory/64371566592},3)"),
        "1-262143",
    ),
    parameter("autovacuum_naptime", "dynamic", "integer", Some("15"), "1-2147483"),
    parameter("checkpoint_timeout", "dynamic", "integer", None, "30-3600"),
    parameter("default_statistics_target", "dynamic", "integer", None, "1-10000"),
    parameter("effective_cache_size", "dynamic", "integer", Some("{DBInstanceClassMemory/16384}"), "1-2147483647"),
    parameter("huge_pages", "static", "string", Some("on"), "on,off,try"),
    parameter("idle_in_transaction_session_timeout", "dynamic", "integer", Some("86400000"), "0-2147483647"),
    parameter("log_connections", "dynamic", "boolean", None, "0,1"),
    parameter("log_disconnections", "dynamic", "boolean", None, "0,1"),
    parameter("log_min_duration_statement", "dynamic", "integer", None, "-1-2147483647"),
    parameter("log_statement", "dynamic", "string", None, "none,ddl,mod,all"),
    parameter(
        "maintenance_work_mem",
        "dynamic",
        "integer",
        Some("GREATEST({DBInstanceClassMemory*1024/63963136},65536)"),
        "1024-2147483647",
    ),
    parameter("max_connections", "static", "integer", Some("LEAST({DBInstanceClassMemory/9531392},5000)"), "6-262143"),
    parameter("max_parallel_workers", "dynamic", "integer", Some("GREATEST(${DBInstanceVCPU/2},8)"), "0-1024"),
    parameter("max_replication_slots", "static", "integer", Some("20"), "5-262143"),
    parameter("max_wal_senders", "static", "integer", Some("35"), "5-262143"),
    parameter(
        "max_wal_size",
        "dynamic",
        "integer",
        Some("GREATEST({DBInstanceClassMemory/1048576}*0.1,2048)"),
        "128-2147483647",
    ),
    parameter("max_worker_processes", "static", "integer", Some("GREATEST(${DBInstanceVCPU*2},8)"), "0-262143"),
    parameter("password_encryption", "dynamic", "string", None, "md5,scram-sha-256"),
    parameter("random_page_cost", "dynamic", "float", None, "0-1000000"),
    parameter("rds.force_ssl", "dynamic", "boolean", Some("1"), "0,1"),
    parameter("rds.logical_replication", "static", "boolean", Some("0"), "0,1"),
    parameter("shared_buffers", "static", "integer", Some("{DBInstanceClassMemory/32768}"), "16-1073741823"),
    parameter("shared_preload_libraries", "static", "list", Some("pg_stat_statements"), LIBRARIES),
    parameter("statement_timeout", "dynamic", "integer", None, "0-2147483647"),
    parameter("synchronous_commit", "dynamic", "string", Some("on"), "local,on,off"),
    parameter("timezone", "dynamic", "string", Some("UTC"), ""),
    parameter("track_activity_query_size", "static", "integer", Some("4096"), "100-1048576"),
    parameter("wal_buffers", "static", "integer", None, "-1-262143"),
    parameter("work_mem", "dynamic", "integer", None, "64-2147483647"),
];

/// By name. MariaDB shares these.
const MYSQL: &[Parameter] = &[
    parameter("character_set_server", "dynamic", "string", None, ""),
    parameter("collation_server", "dynamic", "string", None, ""),
    parameter("event_scheduler", "dynamic", "string", None, "ON,OFF"),
    parameter(
        "innodb_buffer_pool_size",
        "dynamic",
        "integer",
        Some("{DBInstanceClassMemory*3/4}"),
        "5242880-18446744073709551615",
    ),
    parameter("innodb_flush_log_at_trx_commit", "dynamic", "integer", Some("1"), "0-2"),
    parameter("long_query_time", "dynamic", "float", None, "0-31536000"),
    parameter("lower_case_table_names", "static", "integer", None, "0-1"),
    parameter("max_allowed_packet", "dynamic", "integer", None, "1024-1073741824"),
    parameter("max_connections", "dynamic", "integer", Some("{DBInstanceClassMemory/12582880}"), "1-100000"),
    parameter("performance_schema", "static", "boolean", Some("0"), "0,1"),
    parameter("require_secure_transport", "dynamic", "boolean", None, "0,1"),
    parameter("slow_query_log", "dynamic", "boolean", None, "0,1"),
    parameter("time_zone", "dynamic", "string", None, ""),
    parameter("wait_timeout", "dynamic", "integer", None, "1-31536000"),
];

/// The parameters of a family, by name.
pub fn of_family(family: &str) -> &'static [Parameter] {
    if family.starts_with("postgres") { POSTGRES } else { MYSQL }
}

impl Parameter {
    /// The parameter of a family that has this name.
    ///
    /// # Errors
    /// `InvalidParameterValue`.
    pub fn named(family: &str, name: &str) -> Result<&'static Self, AwsError> {
        let unknown = || AwsError::new("InvalidParameterValue", format!("Could not find parameter with name: {name}"));
        of_family(family).iter().find(|parameter| parameter.name == name).ok_or_else(unknown)
    }

    /// Whether it can be applied without a reboot.
    pub fn is_dynamic(&self) -> bool {
        self.apply == "dynamic"
    }

    /// Refuses a value that it cannot have.
    ///
    /// # Errors
    /// `InvalidParameterValue`.
    pub fn check(&self, value: &str) -> Result<(), AwsError> {
        if self.allows(value) {
            return Ok(());
        }
        let Self { name, allowed, .. } = self;
        let message = format!("Invalid parameter value: {value} for: {name} allowed values are: {allowed}");
        Err(AwsError::new("InvalidParameterValue", message))
    }

    fn allows(&self, value: &str) -> bool {
        let among = |value: &str| self.allowed.split(',').any(|allowed| allowed == value.trim());
        match self.kind {
            // A formula of the class's memory or processors.
            "integer" if value.contains('{') => true,
            "integer" | "float" => self.range().is_some_and(|(least, most)| {
                let whole = self.kind == "float" || value.parse::<i128>().is_ok();
                whole && value.parse().is_ok_and(|value: f64| (least..=most).contains(&value))
            }),
            "list" => value.split(',').all(among),
            _ => self.allowed.is_empty() || among(value),
        }
    }

    fn range(&self) -> Option<(f64, f64)> {
        let (sign, rest) = self.allowed.strip_prefix('-').map_or((1.0, self.allowed), |rest| (-1.0, rest));
        let (least, most) = rest.split_once('-')?;
        Some((sign * least.parse::<f64>().ok()?, most.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_a_kind_and_a_range() {
        for (name, value, allowed) in [
            ("work_mem", "65536", true),
            ("work_mem", "63", false),
            ("work_mem", "many", false),
            ("work_mem", "64.5", false),
            ("random_page_cost", "1.1", true),
            ("log_min_duration_statement", "-1", true),
            ("log_min_duration_statement", "-2", false),
            ("max_connections", "{DBInstanceClassMemory/31457280}", true),
            ("rds.force_ssl", "true", false),
            ("shared_preload_libraries", "pg_stat_statements,pg_cron", true),
            ("shared_preload_libraries", "pg_stat_statements,mine", false),
            ("timezone", "Pacific/Honolulu", true),
        ] {
            let parameter = Parameter::named("postgres16", name).expect("a parameter");
            assert_eq!(parameter.check(value).is_ok(), allowed, "{name} = {value}");
        }
        assert!(Parameter::named("mysql8.0", "work_mem").is_err());
    }
}
