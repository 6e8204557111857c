//! `cn-infra bucket verify`: whether a bucket has what it is to have.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use cn_infra_transfer::compare::Comparison;
use cn_infra_transfer::location::{BucketLocation, Location};
use cn_infra_transfer::verify::{Difference, Expected, Manifest, VerifyOptions, verify};

use super::account::Account;
use super::run::{Run, located};
use crate::arguments::Verify;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::Access;
use crate::view::transfer;

/// Runs the command.
pub async fn run(arguments: &Verify, context: &Context) -> Result<ExitCode> {
    let location: BucketLocation = located(arguments.location.parse())?;
    let against: Option<Location> = arguments.against.as_ref().map(|text| located(text.parse())).transpose()?;
    // All of a manifest is read before anybody is called.
    let manifest = arguments.manifest.as_deref().map(manifest).transpose()?;
    let account = Account::open(&arguments.bulk, Access::Read, context).await?;
    let expected = match (manifest, against) {
        (Some(manifest), _) => Expected::Manifest(manifest),
        (None, Some(Location::Directory(root))) => Expected::Directory(root),
        (None, Some(Location::Bucket(bucket))) => Expected::Bucket(account.listing(bucket)),
        (None, None) => return Err(CommandError::usage("nothing says what is to be there")),
    };
    let options = VerifyOptions {
        comparison: if arguments.size_only { Comparison::Size } else { Comparison::Tags },
        read_files: arguments.read_files,
        ..VerifyOptions::default()
    };
    let mut differences = Differences::new(arguments.out.as_deref())?;
    let (run, listing) = (Run::new(&account, &arguments.bulk, context), account.listing(location));
    let each = |difference| differences.add(difference);
    let verifying = verify(&expected, &listing, &options, &run.pace, &run.tally, &run.stop, each);
    let verified = run.watch("comparing", verifying).await?;
    let first = differences.end()?;
    if !arguments.bulk.json {
        context.view.data(&transfer::differences(&first, &verified, context.view.stdout_style()))?;
    }
    let code = run.end(&verified.report)?;
    let is_right = verified.is_success() && !(arguments.no_extra && verified.extra > 0);
    Ok(if code == ExitCode::Done && !is_right { ExitCode::Failed } else { code })
}

fn manifest(path: &Path) -> Result<Manifest> {
    let failed = |error| CommandError::file("read", path, error);
    let read = if path == Path::new("-") {
        Manifest::read(std::io::stdin().lock())
    } else {
        Manifest::read(BufReader::new(File::open(path).map_err(failed)?))
    };
    read.map_err(|error| CommandError::from(anyhow::Error::new(error)))
}

/// So many differences are shown.
const SHOWN: usize = 20;

/// The differences: the first ones for the screen, all for a file.
struct Differences {
    first: Vec<Difference>,
    file: Option<(std::path::PathBuf, BufWriter<File>)>,
    failed: Option<std::io::Error>,
    as_json: bool,
}

impl Differences {
    fn new(path: Option<&Path>) -> Result<Self> {
        let create = |path: &Path| {
            let file = File::create(path).map_err(|error| CommandError::file("write", path, error))?;
            Ok::<_, CommandError>((path.to_owned(), BufWriter::new(file)))
        };
        let as_json = path.and_then(Path::extension).is_some_and(|extension| extension == "json");
        let mut new = Self { first: Vec::new(), file: path.map(create).transpose()?, failed: None, as_json };
        if !as_json {
            new.write("key,difference,expected size,size\n");
        }
        Ok(new)
    }

    fn add(&mut self, difference: Difference) {
        let line = if self.as_json {
            serde_json::to_string(&difference).map(|json| json + "\n").unwrap_or_default()
        } else {
            transfer::csv(&difference)
        };
        self.write(&line);
        if self.first.len() < SHOWN {
            self.first.push(difference);
        }
    }

    /// The first failure is told at the end.
    fn write(&mut self, line: &str) {
        if let (Some((_, file)), None) = (&mut self.file, &self.failed) {
            self.failed = file.write_all(line.as_bytes()).err();
        }
    }

    fn end(mut self) -> Result<Vec<Difference>> {
        if let Some((path, file)) = &mut self.file {
            let failed = self.failed.take().or_else(|| file.flush().err());
            if let Some(error) = failed {
                return Err(CommandError::file("write", path, error));
            }
        }
        self.first.sort();
        Ok(self.first)
    }
}
