//! The labs of an account, as a table.

use std::io::{self, Write};

use super::style::{BOLD, paint, visible};

/// The heads of the columns; the last one is as wide as it has to be.
const HEADS: [&str; 6] = ["LAB", "REGION", "OBJECTS", "SINCE", "EXPIRES", "BY"];

/// Writes a table with the cells of each lab, in the order of its heads.
///
/// # Errors
/// If the output can't be written.
pub fn write_labs(out: &mut dyn Write, rows: &[[String; 6]]) -> io::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].as_str()).chain([HEADS[column]]);
        cells.map(|cell| visible(cell).chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEADS.len() - 1).map(width).chain([0]).collect();
    let line = |cells: &[&str]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{:width$}", visible(cell)));
        cells.collect::<Vec<_>>().join("  ")
    };
    writeln!(out, "{}", paint(BOLD, line(&HEADS)))?;
    rows.iter().try_for_each(|row| writeln!(out, "{}", line(&row.each_ref().map(String::as_str)).trim_end()))
}
