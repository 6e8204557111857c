//! Ids in AWS's forms.

/// An EC2 id: `prefix-` and 17 hexadecimal digits.
pub fn ec2(prefix: &str) -> String {
    format!("{prefix}-0{:016x}", fastrand::u64(..))
}

/// Whether a text can be an EC2 id: `prefix-` and 8 or 17 hexadecimal digits.
pub fn is_ec2(prefix: &str, text: &str) -> bool {
    let digits = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| {
        matches!(digits.len(), 8 | 17) && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// `length` of the capital letters and digits that RDS and IAM make ids of.
pub fn capitals(length: usize) -> String {
    std::iter::repeat_with(|| {
        fastrand::choice(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").map_or('A', |byte| char::from(*byte))
    })
    .take(length)
    .collect()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// A request id: a version 4 UUID in its text form.
pub fn request() -> String {
    let random = fastrand::u128(..) & !(0xf << 76) | (4 << 76);
    let hex = format!("{:032x}", random & !(0xc << 60) | (0x8 << 60));
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_have_the_length_that_clients_check() {
        assert_eq!(super::ec2("eipalloc").len(), "eipalloc-0123456789abcdef0".len());
        assert_eq!(super::capitals(26).len(), 26);
        assert_eq!(super::hex(&[0x0f, 0xa0]), "0fa0");
        let request = super::request();
        assert_eq!((request.len(), &request[14..15]), (36, "4"));
    }
}
