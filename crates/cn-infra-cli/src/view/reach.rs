//! Who reaches what: a table for each server and database.

use std::fmt::Write;

use cn_infra_aws::reach::{Cell, Change, Column, Exposure, Matrix, Reach, Row, Sources, changes, in_words};
use cn_infra_core::environment::Environment;
use serde_json::{Value, json};

use super::color::{Ink, Style};
use super::layout::{hang, width};
use super::plan::header;

/// The least room for a name.
const NAMES: usize = 20;

/// What is shown, in every form.
pub struct Shown<'a> {
    /// The environment.
    pub environment: &'a Environment,
    /// Who reaches what now.
    pub before: &'a Reach,
    /// Who does once the file is applied.
    pub after: &'a Reach,
    /// Both, as rows and columns.
    pub matrix: Matrix,
}

impl<'a> Shown<'a> {
    /// Of an environment.
    pub fn of(environment: &'a Environment, before: &'a Reach, after: &'a Reach) -> Self {
        Self { environment, before, after, matrix: Matrix::of(before, after, &environment.networks) }
    }

    /// How many servers and databases the file lets others reach.
    fn changed(&self) -> usize {
        let is_changed =
            |column: &usize| self.matrix.rows.iter().flat_map(|row| &row.cells[*column]).any(|both| is_moved(*both));
        (0..self.matrix.columns.len()).filter(is_changed).count()
    }
}

/// For a person.
pub fn matrix(shown: &Shown<'_>, style: Style) -> String {
    let Environment { name, project, account, region, .. } = shown.environment;
    let mut text = header([name, project, account, region], style);
    let Matrix { columns, rows } = &shown.matrix;
    if columns.is_empty() {
        return text + "\nIt has no servers and no databases.\n";
    }
    for (number, column) in columns.iter().enumerate() {
        text += &table(number, column, rows, style);
    }
    text += &legend(rows, style);
    let changed = shown.changed();
    if rows.iter().flat_map(|row| row.cells.iter().flatten().flatten()).any(|cell| *cell == Cell::Part) {
        text += "\npart: some of its addresses.\n";
    }
    if changed > 0 {
        let what = if changed == 1 { "1 of them changes".to_owned() } else { format!("{changed} of them change") };
        let _ = writeln!(text, "\nWhat stands after → holds once the file is applied: {what}.");
    }
    text
}

/// For a program.
pub fn json(shown: &Shown<'_>) -> Value {
    json!({
        "environment": shown.environment.name,
        "before": shown.before,
        "after": shown.after,
        "changes": changes(shown.before, shown.after),
        "matrix": shown.matrix,
    })
}

/// Whether a cell of a matrix is not what it was.
pub fn is_moved([before, after]: [Cell; 2]) -> bool {
    before != after
}

/// A cell in words.
pub fn cell([before, after]: [Cell; 2]) -> String {
    if before == after { word(after).to_owned() } else { format!("{} → {}", word(before), word(after)) }
}

fn word(cell: Cell) -> &'static str {
    match cell {
        Cell::All => "yes",
        Cell::Ipv4 => "IPv4 only",
        Cell::Ipv6 => "IPv6 only",
        Cell::Part => "part",
        Cell::None => "no",
    }
}

/// What is to be known of a server or database beside its ports.
pub fn remark(column: &Column) -> String {
    let exposure = match column.exposure {
        Exposure::Public => "public address",
        Exposure::Private => "no public address: only its own network reaches it",
        Exposure::Unsaid => "public address if its subnet gives one",
    };
    let groups: Vec<_> = column.groups.iter().map(String::as_str).collect();
    let groups =
        if groups.is_empty() { "the default group of its VPC, not looked at".to_owned() } else { groups.join(", ") };
    let unknown: Vec<_> = column.unknown.iter().map(String::as_str).collect();
    let unknown = if unknown.is_empty() { String::new() } else { format!("; not looked at: {}", unknown.join(", ")) };
    format!("{exposure}; {groups}{unknown}")
}

fn table(number: usize, column: &Column, rows: &[Row], style: Style) -> String {
    let name = style.paint(Ink::Strong, &column.target);
    let mut text =
        format!("\n{name}   {}\n", hang(&remark(column), width(&column.target) + 3, Some(Ink::Faint), style));
    if column.traffic.is_empty() {
        return text + "  nobody reaches it\n";
    }
    let names = rows.iter().map(|row| width(&row.who)).max().unwrap_or_default().max(NAMES);
    let heads: Vec<_> = column.traffic.iter().map(ToString::to_string).collect();
    let room = |at: usize| {
        let cells = rows.iter().map(|row| width(&cell(row.cells[number][at])));
        cells.chain([width(&heads[at])]).max().unwrap_or_default()
    };
    let rooms: Vec<_> = (0..heads.len()).map(room).collect();
    let heads = heads.iter().zip(&rooms).map(|(head, room)| pad(head, *room, None, style)).collect::<String>();
    let _ = writeln!(text, "  {:names$}{}", "", heads.trim_end());
    for row in rows {
        let cells = row.cells[number].iter().zip(&rooms);
        let cells: String = cells.map(|(both, room)| pad(&cell(*both), *room, ink(*both), style)).collect();
        let gap = names - width(&row.who);
        let _ = writeln!(text, "  {}{:gap$}{}", row.who, "", cells.trim_end());
    }
    text
}

/// A text in a column of its width, three spaces before it.
fn pad(text: &str, room: usize, ink: Option<Ink>, style: Style) -> String {
    let painted = ink.map_or_else(|| text.to_owned(), |ink| style.paint(ink, text));
    format!("   {painted}{:gap$}", "", gap = room - width(text))
}

fn ink(both: [Cell; 2]) -> Option<Ink> {
    match both {
        both if is_moved(both) => Some(Ink::Change),
        [_, Cell::None] => Some(Ink::Faint),
        _ => None,
    }
}

/// The addresses behind the names.
fn legend(rows: &[Row], style: Style) -> String {
    let named: Vec<_> = rows.iter().filter(|row| !row.cidrs.is_empty() && !is_cidr(row)).collect();
    let column = named.iter().map(|row| width(&row.who)).max().unwrap_or_default();
    let mut text = String::from(if named.is_empty() { "" } else { "\n" });
    for row in named {
        let cidrs = row.cidrs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let gap = column - width(&row.who) + 3;
        let cidrs = hang(&cidrs, 2 + column + 3, Some(Ink::Faint), style);
        let _ = writeln!(text, "  {}{:gap$}{cidrs}", row.who, "");
    }
    text
}

fn is_cidr(row: &Row) -> bool {
    row.cidrs.first().is_some_and(|cidr| cidr.to_string() == row.who)
}

/// Whatever changes, in words and CIDRs: `instance.web   tcp 80, tcp 443   everyone → developers   (0.0.0.0/0 → …)`.
pub fn changed(files: [&Environment; 2], [before, after]: [&Reach; 2], style: Style) -> String {
    let changes = changes(before, after);
    let alike = changes
        .chunk_by(|one, other| (&one.target, &one.before, &one.after) == (&other.target, &other.before, &other.after));
    let lines: String = alike.map(|changes| lines(changes, files, style)).collect();
    let name = style.paint(Ink::Strong, &files[1].name);
    if lines.is_empty() {
        return format!("{name}: nobody reaches more or less than before\n\n");
    }
    format!("{name}: who reaches what\n{lines}\n")
}

/// What several ports of a target have in common.
fn lines(changes: &[Change], [former, latter]: [&Environment; 2], style: Style) -> String {
    let Some(Change { target, before, after, .. }) = changes.first() else { return String::new() };
    let traffic: Vec<_> = changes.iter().map(|change| change.traffic.to_string()).collect();
    let (was, is) = (in_words(before, &former.networks), in_words(after, &latter.networks));
    let head = format!("{}   {}   ", target, traffic.join(", "));
    let text = format!("{was} → {is}   ({} → {})", addresses(before), addresses(after));
    format!("  {}{}\n", style.paint(Ink::Strong, &head), hang(&text, 2 + width(&head), None, style))
}

fn addresses(sources: &Sources) -> String {
    let cidrs: Vec<_> = sources.cidrs().iter().map(ToString::to_string).collect();
    if cidrs.is_empty() { "none".to_owned() } else { cidrs.join(", ") }
}
