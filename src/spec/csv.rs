//! A table in CSV (RFC 4180) as a tree: a list of maps in which each cell knows its place.

use super::errors::{Faults, Files, Mark};
use super::tree::{Entry, Item, Tree};

/// Reads a table whose first line names the columns. An empty cell isn't given, and an empty line says nothing.
pub(super) fn parse(files: &Files, file: usize, faults: &mut Faults) -> Tree {
    let mark = Mark { file, line: 1, column: 1, length: 1 };
    let nothing = Tree { mark, item: Item::List(Vec::new()) };
    let text = files.text(file);
    if text.contains('\r') && !text.contains('\n') {
        let hint = "save it as CSV in UTF-8, which ends them as other systems do".to_owned();
        faults.push(mark, "the lines end with carriage returns alone", Some(hint));
        return nothing;
    }
    let mut lines = cells(text, file, faults).into_iter();
    let Some(head) = lines.find(|cells| says_something(cells)) else { return nothing };
    if let [only] = head.as_slice()
        && only.text.contains([';', '\t'])
    {
        let hint = "save it as CSV with commas".to_owned();
        faults.push(only.mark, "the cells of a table stand between commas", Some(hint));
        return nothing;
    }
    for (n, column) in head.iter().enumerate().filter(|(_, column)| !column.text.is_empty()) {
        if head[..n].iter().any(|other| other.text == column.text) {
            let message = format!("the column `{}` stands here twice", column.text);
            faults.push(column.mark, message, Some("keep one of them".to_owned()));
        }
    }
    let rows = lines.filter(|cells| says_something(cells)).map(|cells| row(&head, cells, faults));
    Tree { mark, item: Item::List(rows.collect()) }
}

fn says_something(cells: &[Cell]) -> bool {
    cells.iter().any(|cell| !cell.text.is_empty())
}

/// A line below these columns as a map.
fn row(head: &[Cell], cells: Vec<Cell>, faults: &mut Faults) -> Tree {
    let mark = cells[0].mark;
    if cells.len() != head.len() {
        let message = format!("the line has {} cells, and the first line has {}", cells.len(), head.len());
        let hint = "a cell that holds a comma stands in double quotes".to_owned();
        faults.push(mark, message, Some(hint));
    }
    let mut entries = Vec::new();
    for (column, cell) in head.iter().zip(cells).filter(|(_, cell)| !cell.text.is_empty()) {
        if column.text.is_empty() {
            faults.push(cell.mark, "the cell stands in a column without a name", None);
            continue;
        }
        let value = Tree { mark: cell.mark, item: Item::Text(cell.text) };
        entries.push(Entry { key: column.text.clone(), mark: column.mark, value });
    }
    Tree { mark, item: Item::Map(entries) }
}

#[derive(Debug)]
struct Cell {
    mark: Mark,
    text: String,
}

/// The double quotes around a cell, as far as it has been read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Open,
    Closed,
}

/// The cells of each line. A line in quotes may go on in the next. Blanks around a cell, and around its quotes, aren't its
/// own.
fn cells(text: &str, file: usize, faults: &mut Faults) -> Vec<Vec<Cell>> {
    let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut place = Mark { file, line: 1, column: 1, length: 1 };
    let mut start = place;
    let mut quotes = Quotes::None;
    let mut signs = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    while let Some(sign) = signs.next() {
        let here = place;
        place.column += 1;
        match (sign, quotes) {
            ('\r', _) if signs.peek() == Some(&'\n') => place = here,
            ('"', Quotes::Open) if signs.peek() == Some(&'"') => {
                cell.push('"');
                signs.next();
                place.column += 1;
            }
            ('"', Quotes::Open) => quotes = Quotes::Closed,
            ('"', Quotes::None) if cell.is_empty() => quotes = Quotes::Open,
            (other, Quotes::Open) => cell.push(other),
            (',' | '\n', _) => {
                line.push(ended(&mut cell, start, here));
                quotes = Quotes::None;
                if sign == '\n' {
                    lines.push(std::mem::take(&mut line));
                }
            }
            (blank, _) if blank.is_whitespace() && (cell.is_empty() || quotes == Quotes::Closed) => {}
            (other, Quotes::None) => cell.push(other),
            (other, Quotes::Closed) => {
                let hint =
                    "a double quote within double quotes is written twice, as in `\"say \"\"hi\"\"\"`".to_owned();
                faults.push(here, "the cell goes on after its double quotes", Some(hint));
                quotes = Quotes::None;
                cell.push(other);
            }
        }
        if sign == '\n' {
            (place.line, place.column) = (place.line + 1, 1);
        }
        if cell.is_empty() && quotes == Quotes::None {
            start = place;
        }
    }
    if quotes == Quotes::Open {
        faults.push(start, "the double quotes that begin here don't end", None);
    }
    if !cell.is_empty() || !line.is_empty() {
        line.push(ended(&mut cell, start, place));
        lines.push(line);
    }
    lines
}

fn ended(cell: &mut String, start: Mark, end: Mark) -> Cell {
    let length = if end.line == start.line { end.column.saturating_sub(start.column) } else { 1 };
    Cell { mark: Mark { length, ..start }, text: std::mem::take(cell).trim().to_owned() }
}
