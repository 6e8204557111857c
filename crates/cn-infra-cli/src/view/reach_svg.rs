//! Who reaches what, as a picture: plain SVG on white, with its text beside it for those who do not see it.

use std::fmt::Write;

use cn_infra_aws::reach::{Cell, Matrix, Row};

use super::color::Style;
use super::layout::width;
use super::reach::{Shown, cell, is_moved, matrix, remark};

/// Pixels: of a line, of a character at the size of text used, around everything, between the cells.
const LINE: usize = 30;
const CHARACTER: usize = 8;
const MARGIN: usize = 24;
const GAP: usize = 4;
/// Where the first row of cells begins: below the title and the two lines of heads.
const TOP: usize = MARGIN + 4 * LINE - LINE / 3;

/// Fill and text colour of a cell, dark on light.
fn colours(cell: Cell) -> (&'static str, &'static str) {
    match cell {
        Cell::All => ("#d3ebd3", "#123d12"),
        Cell::Ipv4 | Cell::Ipv6 | Cell::Part => ("#fdeec2", "#4a3600"),
        Cell::None => ("#f4f4f4", "#6a6a6a"),
    }
}

/// The columns that a target takes: where it begins, and each of its cells with its width.
struct Block {
    at: usize,
    cells: Vec<(usize, usize)>,
}

/// The picture.
pub fn picture(shown: &Shown<'_>) -> String {
    let Matrix { columns, rows } = &shown.matrix;
    let names = MARGIN + CHARACTER * rows.iter().map(|row| width(&row.who)).max().unwrap_or_default() + MARGIN;
    let (blocks, right) = blocks(&shown.matrix, names);
    let title = title(shown);
    let wide = right.max(MARGIN + CHARACTER * width(&title)) + MARGIN;
    let high = TOP + LINE * rows.len() + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         role=\"img\" aria-labelledby=\"title text\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <title id=\"title\">{}</title>\n<desc id=\"text\">{}</desc>\n\
         <rect width=\"{wide}\" height=\"{high}\" fill=\"#ffffff\"/>\n",
        escaped(&title),
        escaped(&matrix(shown, Style { colored: false, width: None })),
    );
    text(&mut svg, MARGIN, MARGIN + LINE / 2, "font-size=\"16\" font-weight=\"600\" fill=\"#1a1a1a\"", &title);
    for (column, block) in columns.iter().zip(&blocks) {
        let _ = writeln!(svg, "<g><title>{}</title>", escaped(&format!("{}: {}", column.target, remark(column))));
        text(&mut svg, block.at, TOP - LINE - LINE / 3, "font-weight=\"600\" fill=\"#1a1a1a\"", &column.target);
        for (traffic, (at, _)) in column.traffic.iter().zip(&block.cells) {
            text(&mut svg, *at, TOP - LINE / 3, "fill=\"#4a4a4a\"", &traffic.to_string());
        }
        svg += "</g>\n";
    }
    for (number, row) in rows.iter().enumerate() {
        self::row(&mut svg, TOP + LINE * number, row, &blocks);
    }
    svg + "</svg>\n"
}

fn title(shown: &Shown<'_>) -> String {
    let what = if shown.matrix.is_still() { "" } else { ", now → once the file is applied" };
    format!("Who reaches what in {}{what}", shown.environment.name)
}

fn blocks(matrix: &Matrix, from: usize) -> (Vec<Block>, usize) {
    let mut at = from;
    let mut blocks = Vec::new();
    for (number, column) in matrix.columns.iter().enumerate() {
        let (begin, mut cells) = (at, Vec::new());
        for (index, traffic) in column.traffic.iter().enumerate() {
            let words = matrix.rows.iter().map(|row| width(&cell(row.cells[number][index])));
            let words = words.chain([width(&traffic.to_string())]).max().unwrap_or_default();
            let room = CHARACTER * words + 2 * CHARACTER;
            cells.push((at, room));
            at += room + GAP;
        }
        at = at.max(begin + CHARACTER * width(&column.target)) + MARGIN;
        blocks.push(Block { at: begin, cells });
    }
    (blocks, at)
}

fn row(svg: &mut String, top: usize, row: &Row, blocks: &[Block]) {
    let middle = top + LINE / 2 + 1;
    let cidrs = row.cidrs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let _ = writeln!(svg, "<g><title>{}</title>", escaped(&format!("{}: {cidrs}", row.who)));
    text(svg, MARGIN, middle, "fill=\"#1a1a1a\"", &row.who);
    for (cells, block) in row.cells.iter().zip(blocks) {
        for (both, (at, room)) in cells.iter().zip(&block.cells) {
            let (fill, ink) = colours(both[1]);
            let frame = if is_moved(*both) { " stroke=\"#1a1a1a\" stroke-width=\"1.5\"" } else { "" };
            let (y, high) = (top + GAP / 2, LINE - GAP);
            let _ = writeln!(
                svg,
                "<rect x=\"{at}\" y=\"{y}\" width=\"{room}\" height=\"{high}\" rx=\"3\" fill=\"{fill}\"{frame}/>"
            );
            let weight = if is_moved(*both) { " font-weight=\"600\"" } else { "" };
            text(svg, at + CHARACTER, middle, &format!("fill=\"{ink}\"{weight}"), &cell(*both));
        }
    }
    *svg += "</g>\n";
}

/// A text whose middle is at a height.
fn text(svg: &mut String, x: usize, middle: usize, look: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x}\" y=\"{}\" {look}>{}</text>", middle + 4, escaped(text));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
