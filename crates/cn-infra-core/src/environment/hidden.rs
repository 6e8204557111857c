//! Passwords that somebody wrote into a file: their line is shown without them.

/// How the names of fields end that hold secrets, here or in the files of other tools.
const NAMES: [&str; 6] = ["password", "passwd", "secret", "secret_key", "access_key", "token"];
/// What says where a password comes from, and is none.
const KNOWN: [&str; 3] = ["managed", "unmanaged", "none"];

/// A text of as many bytes, with stars in the place of each byte of a secret. It takes one pass: texts can be long.
pub(super) fn hide(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in text.match_indices(['=', ':']) {
        if at < done || !is_secret(&text[done..at]) {
            continue;
        }
        let (from, to) = value(text, at + 1);
        if !KNOWN.contains(&&text[from..to]) {
            hidden.push_str(&text[done..from]);
            hidden.extend(std::iter::repeat_n('*', to - from));
            done = to;
        }
    }
    hidden + &text[done..]
}

/// Whether what comes before the sign names a secret.
fn is_secret(before: &str) -> bool {
    let name = before.trim_end_matches([' ', '\t']).trim_end_matches(['"', '\'']).as_bytes();
    let ends =
        |end: &&str| name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes());
    NAMES.iter().any(ends)
}

/// From where to where a value stands on its line, without its quotes; nothing if it is no text but a table or list.
fn value(text: &str, after: usize) -> (usize, usize) {
    let line = text[after..].split(['\n', '\r']).next().unwrap_or_default();
    let value = line.trim_start_matches([' ', '\t']);
    let start = after + line.len() - value.len();
    let Some(quote @ ('"' | '\'')) = value.chars().next() else {
        let is_bare = !value.starts_with(['{', '[', '=']);
        let end = value.find([' ', '\t', ',', '}', '#']).unwrap_or(value.len());
        return (start, if is_bare { start + end } else { start });
    };
    let from = value.len() - value.trim_start_matches(quote).len();
    let mut escaped = false;
    let end = value[from..].find(|c| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && quote == '"' && !escaped;
        closes
    });
    // Two quotes are an empty text.
    let length = if from == 2 { 0 } else { end.unwrap_or(value.len() - from) };
    (start + from, start + from + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        let cases = [
            ("master_password = \"hunter2\" # x", "master_password = \"*******\" # x"),
            ("Password='a\\' , b = 'c'", "Password='**' , b = 'c'"),
            (
                "a = { \"db_password\" = \"x\\\"y\", class = \"z\" }",
                "a = { \"db_password\" = \"****\", class = \"z\" }",
            ),
            ("  \"secret\": \"ä\",", "  \"secret\": \"**\","),
            ("password: hunter2", "password: *******"),
            ("token = \"\"\"abc", "token = \"\"\"***"),
            ("aws_secret_access_key = x/y+z", "aws_secret_access_key = *****"),
        ];
        for (line, shown) in cases {
            assert_eq!(hide(line), shown);
            assert_eq!(hide(&format!("{line}\n{line}")), format!("{shown}\n{shown}"));
        }
    }

    #[test]
    fn what_is_no_secret_is_shown() {
        let lines = [
            "master_password = \"managed\"",
            "master_password = { env = \"CN_DB_PASSWORD\" }",
            "metadata = { tokens = \"required\" }",
            "password = \"\"",
            "# password",
            "key_pair = \"coralnet\"",
        ];
        for line in lines {
            assert_eq!(hide(line), line);
        }
    }
}
