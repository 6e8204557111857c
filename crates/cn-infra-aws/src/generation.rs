//! Families of instance types that have a successor which AWS recommends for its price.

/// A family of servers, the one that AWS names in its place, and the page that says so.
struct Family {
    old: &'static str,
    new: &'static str,
    page: &'static str,
}

/// "Previous Generation Instances": their upgrade paths.
const PREVIOUS: &str = "https://aws.amazon.com/ec2/previous-generation/";
/// "Amazon EC2 T3 Instances": their price and performance beside T2.
const T3: &str = "https://aws.amazon.com/ec2/instance-types/t3/";

const FAMILIES: [Family; 10] = [
    Family { old: "c1", new: "c7i", page: PREVIOUS },
    Family { old: "c3", new: "c7i", page: PREVIOUS },
    Family { old: "g2", new: "g4dn", page: PREVIOUS },
    Family { old: "i2", new: "i3", page: PREVIOUS },
    Family { old: "m1", new: "m7i", page: PREVIOUS },
    Family { old: "m2", new: "r7i", page: PREVIOUS },
    Family { old: "m3", new: "m7i", page: PREVIOUS },
    Family { old: "r3", new: "r7i", page: PREVIOUS },
    Family { old: "t1", new: "t3", page: PREVIOUS },
    Family { old: "t2", new: "t3", page: T3 },
];

/// Classes of databases that RDS calls previous generations, and one of the same use that it does not.
///
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html>
const CLASSES: [(&str, &str); 6] = [("m1", "m5"), ("m2", "r5"), ("m3", "m5"), ("r3", "r5"), ("t1", "t3"), ("t2", "t3")];

/// What there is to say of an instance type of a previous generation: `t2.large`.
pub(crate) fn newer_than(instance_type: &str) -> Option<String> {
    let (family, _) = instance_type.split_once('.')?;
    let Family { old: _, new, page } = FAMILIES.iter().find(|known| known.old == family)?;
    Some(format!("{new} is a newer generation, generally cheaper for what it does: {page}"))
}

/// The same of a class of database: `db.m3.xlarge`.
pub(crate) fn newer_than_class(class: &str) -> Option<String> {
    let (family, _) = class.strip_prefix("db.")?.split_once('.')?;
    let (_, new) = CLASSES.iter().find(|(old, _)| *old == family)?;
    Some(format!(
        "db.{new} is a newer generation, where the engine's version has it: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html"
    ))
}

/// Whether a type or class is larger than tests need: not one of the burstable families, or a large one of these.
pub(crate) fn is_for_production(name: &str) -> bool {
    let name = name.strip_prefix("db.").unwrap_or(name);
    name.split_once('.').is_some_and(|(family, size)| !family.starts_with('t') || size.ends_with("xlarge"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_name_alone() {
        for old in ["t2.large", "m3.xlarge", "t1.micro"] {
            assert!(newer_than(old).is_some(), "{old}");
        }
        for new in ["t3.large", "t4g.small", "m7i.large", "t2", ""] {
            assert_eq!(newer_than(new), None, "{new}");
        }
        assert!(newer_than("t2.large").unwrap().starts_with("t3 is a newer generation, generally cheaper"));
        assert!(newer_than_class("db.m3.xlarge").unwrap().starts_with("db.m5 is a newer generation"));
        assert_eq!(newer_than_class("db.t3.micro"), None);
    }

    #[test]
    fn burstable_types_do_for_tests_unless_they_are_large() {
        let large = ["m5.large", "db.m3.medium", "t3.xlarge", "db.t3.2xlarge", "r5.large"];
        assert!(large.iter().all(|name| is_for_production(name)));
        assert!(!["t2.medium", "db.t3.micro", "t3.large", ""].iter().any(|name| is_for_production(name)));
    }
}
