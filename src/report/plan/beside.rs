//! What stands in or beside an object that is deleted, and isn't the lab's.

use std::io::{self, Write};

use super::super::commands::completed;
use super::super::style::{RED, YELLOW, paint, visible};
use super::INDENT;
use crate::resource::{Beside, Fate};

/// The most things of one fate that are named for one object.
const NAMED: usize = 5;

/// The fates in the order in which they are shown, each with its words.
const FATES: [(Fate, &str); 5] = [
    (Fate::Forbids, "forbidden"),
    (Fate::Lifted, "before that"),
    (Fate::Holds, "held by what isn't the lab's"),
    (Fate::Goes, "goes along, though it isn't the lab's"),
    (Fate::Stays, "stays, because it isn't the lab's"),
];

/// Writes what stands beside an object, a line each.
pub(super) fn write_beside(out: &mut dyn Write, beside: &[Beside]) -> io::Result<()> {
    for (fate, words) in FATES {
        let style = if fate == Fate::Stays { YELLOW } else { RED };
        let all: Vec<&Beside> = beside.iter().filter(|one| one.fate == fate).collect();
        for one in all.iter().take(NAMED) {
            writeln!(out, "{:INDENT$}{} {words}: {}", "", paint(style, "!"), visible(completed(&one.what)))?;
        }
        if all.len() > NAMED {
            writeln!(out, "{:INDENT$}{} {words}: {} more", "", paint(style, "!"), all.len() - NAMED)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::plain;

    #[test]
    fn each_fate_has_its_words() {
        let mut all: Vec<Beside> = FATES.iter().map(|(fate, _)| Beside::new("it\u{1b}", *fate)).collect();
        all.extend((2..8).map(|number| Beside::new(format!("revision {number}"), Fate::Stays)));
        let mut out = Vec::new();
        write_beside(&mut out, &all).unwrap();
        insta::assert_snapshot!(plain(&out), @r"
        ! forbidden: it\u{1b}
        ! before that: it\u{1b}
        ! held by what isn't the lab's: it\u{1b}
        ! goes along, though it isn't the lab's: it\u{1b}
        ! stays, because it isn't the lab's: it\u{1b}
        ! stays, because it isn't the lab's: revision 2
        ! stays, because it isn't the lab's: revision 3
        ! stays, because it isn't the lab's: revision 4
        ! stays, because it isn't the lab's: revision 5
        ! stays, because it isn't the lab's: 2 more
        ");
    }
}
