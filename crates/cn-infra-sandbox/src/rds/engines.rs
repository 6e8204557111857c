//! Engines and their versions, and which lead to which.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html>

use std::borrow::Cow;

use super::filter::Filters;
use super::paging::page;
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations on engines.
pub const OPERATIONS: &[Operation] = &[Operation::new("DescribeDBEngineVersions", &[], describe)];

/// An engine.
#[derive(Debug)]
pub struct Engine {
    /// For example `postgres`.
    pub name: &'static str,
    /// Its port, unless another is asked for.
    pub port: u16,
    /// The one licence that it comes with.
    pub license: &'static str,
    /// The longest password of a master user.
    pub longest_password: usize,
    /// The longest name of a master user.
    pub longest_user: usize,
    /// Names that no master user can have.
    pub reserved_users: &'static [&'static str],
    /// The log types that can be sent to CloudWatch.
    pub logs: &'static [&'static str],
    description: &'static str,
    majors: &'static [Major],
}

/// The versions of a major version that RDS offers: all minors from the first to the last.
#[derive(Debug)]
struct Major {
    name: &'static str,
    minors: std::ops::RangeInclusive<u32>,
    /// The minor that came out when PostgreSQL 16.0 did; engines whose majors have no common calendar have 0.
    calendar: i64,
}

const fn major(name: &'static str, first: u32, last: u32, calendar: i64) -> Major {
    Major { name, minors: first..=last, calendar }
}

const MYSQL: Engine = Engine {
    name: "mysql",
    port: 3306,
    license: "general-public-license",
    longest_password: 41,
    longest_user: 16,
    reserved_users: &["rdsadmin", "rdsrepladmin"],
    logs: &["audit", "error", "general", "slowquery"],
    description: "MySQL Community Edition",
    majors: &[major("8.0", 35, 43, 0), major("8.4", 3, 6, 0)],
};

/// All engines of the sandbox.
const ENGINES: &[Engine] = &[
    Engine {
        name: "postgres",
        port: 5432,
        license: "postgresql-license",
        longest_password: 128,
        longest_user: 63,
        reserved_users: &["admin", "public", "rds_replication", "rds_superuser", "rdsadmin", "rdsrepladmin"],
        logs: &["postgresql", "upgrade"],
        description: "PostgreSQL",
        majors: &[
            major("12", 17, 22, 16),
            major("13", 13, 22, 12),
            major("14", 10, 19, 9),
            major("15", 5, 14, 4),
            major("16", 1, 10, 0),
            major("17", 1, 6, -4),
        ],
    },
    MYSQL,
    Engine {
        name: "mariadb",
        description: "MariaDB Community Edition",
        majors: &[major("10.6", 18, 23, 0), major("10.11", 8, 14, 0), major("11.4", 3, 8, 0)],
        ..MYSQL
    },
];

/// One version of an engine.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// Of which engine.
    pub engine: &'static Engine,
    major: &'static Major,
    minor: u32,
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.engine.name == other.engine.name && self.order() == other.order()
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major.name, self.minor)
    }
}

impl Engine {
    /// The engine of a name.
    ///
    /// # Errors
    /// `InvalidParameterValue`.
    pub fn named(name: &str) -> Result<&'static Self, AwsError> {
        let invalid = || AwsError::new("InvalidParameterValue", format!("Invalid DB engine: {name}"));
        ENGINES.iter().find(|engine| engine.name == name).ok_or_else(invalid)
    }

    /// The families of all engines' parameter groups.
    pub fn families() -> impl Iterator<Item = String> {
        ENGINES.iter().flat_map(|engine| engine.majors.iter().map(|major| format!("{}{}", engine.name, major.name)))
    }

    /// The versions, the oldest first.
    pub fn versions(&'static self) -> impl Iterator<Item = Version> {
        let minors =
            move |major: &'static Major| major.minors.clone().map(move |minor| Version { engine: self, major, minor });
        self.majors.iter().flat_map(minors)
    }

    /// The version asked for: exact, or the newest of a major version; `None`: the newest of all.
    ///
    /// # Errors
    /// `InvalidParameterCombination`: there is none.
    pub fn version(&'static self, asked: Option<&str>) -> Result<Version, AwsError> {
        let meant = |version: &Version| asked.is_none_or(|asked| version.is(asked));
        let unknown = || {
            let message = format!("Cannot find version {} for {}", asked.unwrap_or_default(), self.name);
            AwsError::new("InvalidParameterCombination", message)
        };
        self.versions().filter(meant).last().ok_or_else(unknown)
    }
}

impl Version {
    /// Whether it is what a text asks for: this version, or any of its major version.
    pub fn is(&self, asked: &str) -> bool {
        self.major.name == asked || self.to_string() == asked
    }

    /// The family of parameter groups, for example `postgres16`.
    pub fn family(&self) -> String {
        format!("{}{}", self.engine.name, self.major.name)
    }

    /// The option group that every database of it has.
    pub fn option_group(&self) -> String {
        format!("default:{}-{}", self.engine.name, self.major.name.replace('.', "-"))
    }

    /// Whether it is of another major version.
    pub fn is_other_major(&self, other: &Self) -> bool {
        self.major.name != other.major.name
    }

    /// Whether it is the version that its major version's name stands for.
    fn is_default(&self) -> bool {
        self.minor == *self.major.minors.end()
    }

    /// By which versions of one engine are newer or older.
    fn order(&self) -> (usize, u32) {
        let place = self.engine.majors.iter().position(|major| major.name == self.major.name);
        (place.unwrap_or_default(), self.minor)
    }

    /// Whether a database can be upgraded to `to`: a newer minor version, or another major version that is not older
    /// than this minor version.
    pub fn leads_to(&self, to: &Self) -> bool {
        let age = |version: &Self| i64::from(version.minor) - version.major.calendar;
        let as_new = self.engine.name != "postgres" || age(to) >= age(self);
        to.order() > self.order() && (!self.is_other_major(to) || as_new)
    }
}

fn describe(_: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let filters = Filters::of(params)?;
    let asked = |name: &str| params.get(name).filter(|text| !text.is_empty());
    let (engine, version) = (asked("Engine"), asked("EngineVersion"));
    let (family, only_default) = (asked("DBParameterGroupFamily"), params.flag("DefaultOnly")? == Some(true));
    // Deprecated versions are not offered, and lists of character sets and time zones are for other engines.
    params.flag("IncludeAll")?;
    params.flag("ListSupportedCharacterSets")?;
    params.flag("ListSupportedTimezones")?;
    let mut found = Vec::new();
    for it in ENGINES.iter().flat_map(Engine::versions) {
        let property = |name: &str| match name {
            "engine" => Some(vec![Cow::from(it.engine.name)]),
            "engine-version" => Some(vec![it.to_string().into(), it.major.name.into()]),
            "db-parameter-group-family" => Some(vec![it.family().into()]),
            "engine-mode" => Some(vec!["provisioned".into()]),
            "status" => Some(vec!["available".into()]),
            _ => None,
        };
        let meant = engine.is_none_or(|engine| engine == it.engine.name)
            && version.is_none_or(|version| it.is(version))
            && family.is_none_or(|family| family == it.family())
            && (!only_default || it.is_default() && (version.is_some() || it == it.engine.version(None)?));
        if filters.keep(property)? && meant {
            let (major, minor) = it.order();
            found.push((format!("{} {major:03} {minor:06}", it.engine.name), it));
        }
    }
    let (found, marker) = page(params)?.cut(found, |(key, _)| key);
    let mut xml = Xml::new();
    xml.list("DBEngineVersions", "DBEngineVersion", found, |xml, (_, version)| write(xml, &version));
    xml.some("Marker", marker);
    Ok(xml)
}

fn write(xml: &mut Xml, it: &Version) {
    let Engine { name, description, logs, .. } = it.engine;
    xml.text("Engine", name).text("EngineVersion", it).text("MajorEngineVersion", it.major.name);
    xml.text("DBParameterGroupFamily", it.family()).text("DBEngineDescription", description);
    xml.text("DBEngineVersionDescription", format!("{description} {it}")).text("Status", "available");
    xml.list("ValidUpgradeTarget", "UpgradeTarget", it.engine.versions().filter(|to| it.leads_to(to)), |xml, to| {
        xml.text("Engine", name).text("EngineVersion", to).text("Description", format!("{description} {to}"));
        xml.text("AutoUpgrade", !it.is_other_major(&to) && to.is_default());
        xml.text("IsMajorVersionUpgrade", it.is_other_major(&to));
    });
    xml.element("ExportableLogTypes", |xml| {
        for log in *logs {
            xml.text("member", log);
        }
    });
    xml.text("SupportsLogExportsToCloudwatchLogs", true).text("SupportsReadReplica", true);
    xml.element("SupportedEngineModes", |xml| {
        xml.text("member", "provisioned");
    });
    xml.element("SupportedFeatureNames", |_| {});
    xml.text("SupportsParallelQuery", false).text("SupportsGlobalDatabases", false);
    xml.text("SupportsBabelfish", false).text("SupportsCertificateRotationWithoutRestart", *name == "postgres");
    xml.element("SupportedCACertificateIdentifiers", |xml| {
        for ca in super::certificates::AUTHORITIES {
            xml.text("member", ca);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(engine: &str, text: &str) -> Version {
        Engine::named(engine).expect("an engine").version(Some(text)).expect("a version")
    }

    #[test]
    fn a_major_version_stands_for_its_newest_minor() {
        assert_eq!(version("postgres", "16").to_string(), "16.10");
        assert_eq!(version("mysql", "8.0").to_string(), "8.0.43");
        assert_eq!(version("mariadb", "10.11").family(), "mariadb10.11");
        let postgres = Engine::named("postgres").expect("an engine");
        assert_eq!(postgres.version(None).expect("a version").family(), "postgres17");
        for bad in ["99", "16.999", "1", "16.", ""] {
            assert!(postgres.version(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn upgrades_go_to_what_is_newer_by_release_date() {
        for (engine, from, to, leads) in [
            ("postgres", "16.4", "16.6", true),
            ("postgres", "16.6", "16.4", false),
            ("postgres", "16.4", "16.4", false),
            ("postgres", "15.9", "16.5", true),
            ("postgres", "15.9", "16.4", false),
            ("postgres", "12.22", "17.2", true),
            ("postgres", "16.1", "15.14", false),
            ("mysql", "8.0.43", "8.4.3", true),
        ] {
            assert_eq!(version(engine, from).leads_to(&version(engine, to)), leads, "{engine} {from} {to}");
        }
    }
}
