//! The labs of an account, as a table.

use std::io::{self, Write};

use super::style::{BOLD, paint, visible};

/// The heads of the columns; the last one is as wide as it has to be.
const HEADS: [&str; 7] = ["LAB", "REGION", "OBJECTS", "COST/H", "SINCE", "EXPIRES", "BY"];

/// Writes a table with the cells of each lab, in the order of its heads. A column without any cell is left out.
///
/// # Errors
/// If the output can't be written.
pub fn write_labs(out: &mut dyn Write, rows: &[[String; 7]]) -> io::Result<()> {
    let shown = |column: &usize| rows.iter().any(|row| !row[*column].is_empty());
    let columns: Vec<usize> = (0..HEADS.len()).filter(shown).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].as_str()).chain([HEADS[column]]);
        cells.map(|cell| visible(cell).chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEADS.len()).map(width).collect();
    let line = |cells: [&str; 7]| {
        let cells = columns.iter().map(|at| format!("{:1$}", visible(cells[*at]), widths[*at]));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    writeln!(out, "{}", paint(BOLD, line(HEADS)))?;
    rows.iter().try_for_each(|row| writeln!(out, "{}", line(row.each_ref().map(String::as_str))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::plain;

    #[test]
    fn costs_are_a_column_if_they_were_asked_for() {
        let row = |cost: &str| ["tp-zoe", "eu-west-1", "21", cost, "-", "-", "zoe"].map(str::to_owned);
        let shown = |rows: &[[String; 7]]| {
            let mut out = Vec::new();
            write_labs(&mut out, rows).unwrap();
            plain(&out)
        };
        let without =
            "LAB     REGION     OBJECTS  SINCE  EXPIRES  BY\ntp-zoe  eu-west-1  21       -      -        zoe\n";
        assert_eq!(shown(&[row("")]), without);
        let with = "LAB     REGION     OBJECTS  COST/H  SINCE  EXPIRES  BY\n\
                    tp-zoe  eu-west-1  21       $0.075  -      -        zoe\n";
        assert_eq!(shown(&[row("$0.075")]), with);
    }
}
