//! Pure writers: plan text, progress, summaries, tables, graphs, JSON lines.
//!
//! Knows: how everything is shown, and that text from outside is escaped first. Must not know: AWS, files, prompts.
//! Everything is written to a writer that the caller gives; only the live view draws on stderr itself, and no writer
//! has a clock of its own. Colours are always written; whoever prints strips them if they aren't wanted.

pub mod adoption;
pub mod annotation;
pub mod certificate;
pub mod checks;
pub mod class;
mod cli_command;
pub(crate) mod commands;
pub(crate) mod completing;
pub mod console;
pub mod cost;
pub mod details;
mod explanation;
pub mod findings;
pub mod gradebook;
pub mod grades;
pub mod graph;
pub mod job;
pub mod job_end;
pub mod job_json;
pub mod json;
pub mod json_class;
pub mod json_lab;
pub mod labs;
pub mod lines;
pub mod log;
pub mod output;
pub mod page;
pub mod plan;
pub mod policy;
pub mod progress;
pub mod reference;
pub mod script;
pub mod status;
pub mod summary;
#[cfg(test)]
pub(crate) mod testing;
pub mod timeline;

mod markup;
mod picture;
mod rewritten;
mod scans;
mod style;
mod wrap;

pub(crate) use progress::doing;
pub use rewritten::{Rewritten, rewritten};
pub(crate) use style::{BOLD, DIM, RED, YELLOW, counted, paint, visible, visible_lines};
