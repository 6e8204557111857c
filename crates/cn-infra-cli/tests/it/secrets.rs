//! Secrets that every process of these tests is given, and that nothing it prints or writes may hold.
//!
//! [`Checkout`](crate::checkout::Checkout) plants them in the environment of each process, and searches what it printed
//! and, at its end, every file below its directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use data_encoding::{BASE64_NOPAD, HEXLOWER};

/// Variables, each with a secret of letters and digits: no encoding of URLs, XML, JSON or TOML hides it.
pub const PLANTED: [(&str, &str); 3] = [
    ("AWS_SECRET_ACCESS_KEY", "PlantedSecretAccessKey8dQ2vZ7mR1x"),
    ("AWS_SESSION_TOKEN", "PlantedSessionTokenT5hXw9Kc3Lp0"),
    ("CN_DB_PASSWORD", "PlantedPassword4jR8nB6yWq"),
];

/// Every form in which a secret could be told, with the name of its variable.
static FORMS: LazyLock<Vec<(&str, String)>> =
    LazyLock::new(|| PLANTED.iter().flat_map(|(name, secret)| forms(secret).map(move |form| (*name, form))).collect());

/// As it is, in hexadecimal, as a list of bytes as Rust prints it, and in base64 wherever in a text it begins.
fn forms(secret: &str) -> impl Iterator<Item = String> + use<> {
    let bytes = secret.as_bytes();
    let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let base64 = [0, 1, 2].map(|before| {
        let mut text = vec![b' '; before];
        text.extend(bytes);
        // Characters that the neighbours of the secret change too are left out at both ends.
        text.truncate(text.len() / 3 * 3);
        BASE64_NOPAD.encode(&text).split_off(if before == 0 { 0 } else { 4 })
    });
    [secret.to_owned(), HEXLOWER.encode(bytes), list].into_iter().chain(base64)
}

/// The secret that stands in a text, by the name of its variable.
pub fn told(text: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(text);
    FORMS.iter().find(|(_, form)| text.contains(form)).map(|(name, _)| *name)
}

/// Fails if what was printed tells a secret; the text itself is not shown.
#[track_caller]
pub fn assert_untold(what: &str, text: impl AsRef<[u8]>) {
    if let Some(name) = told(text.as_ref()) {
        panic!("{what} tells the secret of {name}");
    }
}

/// Searches every file below a directory but the ones that the test itself wrote a secret to.
#[track_caller]
pub fn search(directory: &Path, but: &[PathBuf]) {
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        assert_untold("a file's name", entry.file_name().as_encoded_bytes());
        if kind.is_dir() {
            search(&path, but);
        } else if kind.is_file() && !but.contains(&path) {
            assert_untold(&path.display().to_string(), fs::read(&path).unwrap());
        }
    }
}

mod search {
    use std::process::Command;

    use data_encoding::BASE64;

    use super::*;
    use crate::checkout::{Checkout, output};

    #[test]
    fn finds_a_secret_in_every_form() {
        for (name, secret) in PLANTED {
            let list = format!("{:?}", secret.as_bytes());
            let base64 = ["", "a", "ab", "abc"].map(|before| BASE64.encode(format!("{before}{secret}:z").as_bytes()));
            let json = format!("{{\"body\":\"Password={secret}&x\"}}");
            for form in [json, HEXLOWER.encode(secret.as_bytes()), list].into_iter().chain(base64) {
                assert_eq!(told(form.as_bytes()), Some(name), "{form}");
            }
        }
        assert_eq!(told(b"AWS_SECRET_ACCESS_KEY is set, CN_DB_PASSWORD too"), None);
    }

    /// A program that is run as the command is.
    fn shell(checkout: &Checkout, program: &str) {
        output(checkout.settle(&mut Command::new("/bin/sh")).args(["-c", program]));
    }

    #[test]
    #[should_panic(expected = "stderr tells the secret of CN_DB_PASSWORD")]
    fn fails_a_process_that_prints_one() {
        shell(&Checkout::empty(), "echo password: $CN_DB_PASSWORD >&2");
    }

    #[test]
    #[should_panic(expected = "tells the secret of AWS_SESSION_TOKEN")]
    fn fails_a_process_that_writes_one() {
        let checkout = Checkout::empty();
        checkout.write(".cn-infra/journal/1", "nothing\n");
        shell(&checkout, "echo \"{token: $AWS_SESSION_TOKEN}\" >> .cn-infra/journal/1");
    }

    #[test]
    fn leaves_alone_what_the_test_itself_wrote() {
        Checkout::empty().write("aws-credentials", PLANTED[0].1);
    }
}
