//! A table in CSV (RFC 4180) as a tree: a list of maps in which each cell knows its place.

use super::errors::{Faults, Files, Mark};
use super::tree::{Entry, Item, Tree};

/// Reads a table whose first line names the columns. An empty cell isn't given.
pub(super) fn parse(files: &Files, file: usize, faults: &mut Faults) -> Tree {
    let mut lines = cells(files.text(file), file, faults).into_iter();
    let head = lines.next().unwrap_or_default();
    if let [only] = head.as_slice()
        && only.text.contains([';', '\t'])
    {
        let hint = "save it as CSV with commas".to_owned();
        faults.push(only.mark, "the cells of a table stand between commas".to_owned(), Some(hint));
        return Tree { mark: only.mark, item: Item::List(Vec::new()) };
    }
    let rows = lines.filter(|cells| cells.iter().any(|cell| !cell.text.is_empty())).map(|cells| {
        if cells.len() != head.len() {
            let message = format!("the line has {} cells, and the first line has {}", cells.len(), head.len());
            let hint = "a cell that holds a comma stands in double quotes".to_owned();
            faults.push(cells[0].mark, message, Some(hint));
        }
        let mark = cells[0].mark;
        let pairs = head.iter().zip(cells).filter(|(_, cell)| !cell.text.is_empty());
        let entries = pairs.map(|(column, cell)| Entry {
            key: column.text.clone(),
            mark: column.mark,
            value: Tree { mark: cell.mark, item: Item::Text(cell.text) },
        });
        Tree { mark, item: Item::Map(entries.collect()) }
    });
    let items = rows.collect();
    Tree { mark: Mark { file, line: 1, column: 1, length: 1 }, item: Item::List(items) }
}

#[derive(Debug)]
struct Cell {
    mark: Mark,
    text: String,
}

/// The cells of each line. A line in quotes may go on in the next.
fn cells(text: &str, file: usize, faults: &mut Faults) -> Vec<Vec<Cell>> {
    let (mut lines, mut line) = (Vec::new(), Vec::new());
    let mut cell = String::new();
    let mut place = Mark { file, line: 1, column: 1, length: 0 };
    let mut start = place;
    let mut is_quoted = false;
    let mut signs = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    while let Some(sign) = signs.next() {
        place.column += 1;
        match sign {
            '"' if is_quoted && signs.peek() == Some(&'"') => {
                cell.push('"');
                signs.next();
                place.column += 1;
            }
            '"' if is_quoted || cell.is_empty() => is_quoted = !is_quoted,
            '\r' if signs.peek() == Some(&'\n') => {}
            ',' | '\n' if !is_quoted => {
                line.push(ended(&mut cell, start, place));
                if sign == '\n' {
                    lines.push(std::mem::take(&mut line));
                }
            }
            other => cell.push(other),
        }
        if sign == '\n' {
            (place.line, place.column) = (place.line + 1, 1);
        }
        if line.is_empty() && cell.is_empty() && !is_quoted || cell.is_empty() && sign == ',' {
            start = place;
        }
    }
    if is_quoted {
        faults.push(start, "the double quotes that begin here don't end", None);
    }
    if !cell.is_empty() || !line.is_empty() {
        line.push(ended(&mut cell, start, place));
        lines.push(line);
    }
    lines
}

fn ended(cell: &mut String, start: Mark, end: Mark) -> Cell {
    let length = if end.line == start.line { end.column.saturating_sub(start.column + 1) } else { 1 };
    Cell { mark: Mark { length, ..start }, text: std::mem::take(cell).trim().to_owned() }
}
