//! Availability zones.

/// How many zones a region has; others have three. <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>
const ZONES: &[(&str, u8)] = &[("us-east-1", 6), ("us-west-2", 4), ("ap-northeast-2", 4)];

/// The zones of a region: `us-west-2a` and so on.
pub fn of(region: &str) -> Vec<String> {
    let count = ZONES.iter().find(|(name, _)| *name == region).map_or(3, |(_, count)| *count);
    (b'a'..b'a' + count).map(|letter| format!("{region}{}", char::from(letter))).collect()
}

/// The id of a zone: `usw2-az1` for `us-west-2a`. In AWS, which letter has which id differs from account to account.
pub fn id(zone: &str) -> String {
    let (region, letter) = zone.split_at(zone.len().saturating_sub(1));
    let mut words = region.split('-');
    let mut short = words.next().unwrap_or_default().to_owned();
    for word in words {
        match word {
            "northeast" | "northwest" | "southeast" | "southwest" => short.extend([&word[..1], &word[5..6]]),
            _ => short.push_str(word.get(..1).unwrap_or_default()),
        }
    }
    let number = letter.bytes().next().map_or(0, |letter| letter.wrapping_sub(b'a') + 1);
    format!("{short}-az{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_ids_in_awss_form() {
        assert_eq!(of("us-west-2"), ["us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"]);
        for (zone, expected) in
            [("us-west-2a", "usw2-az1"), ("ap-southeast-1c", "apse1-az3"), ("eu-central-1b", "euc1-az2")]
        {
            assert_eq!(id(zone), expected);
        }
    }
}
