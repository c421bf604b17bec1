//! Log lines of tasks.

use std::io::{self, Write};

use super::style::{DIM, paint, visible, visible_text};
use crate::logs::Line;

/// The number of characters of a task's id that are shown.
const ID: usize = 8;

/// Writes a line behind the container and the task that wrote it.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_line(out: &mut dyn Write, line: &Line) -> io::Result<()> {
    let writer = match line.writer() {
        Some((container, task)) => {
            let task: String = task.chars().take(ID).collect();
            format!("{}/{}", visible(container), paint(DIM, visible(task)))
        }
        None => format!("{}", paint(DIM, visible(&line.log_stream))),
    };
    // What a program other than the log driver writes may have several lines.
    for text in line.message.trim_end().split('\n') {
        let text = visible_text(text.trim_end_matches('\r'));
        writeln!(out, "{writer} {} {text}", paint(DIM, "|"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::plain;

    #[test]
    fn a_line_stands_behind_its_container_and_task() {
        let mut out = Vec::new();
        let lines = [
            ("ecs/web-app/0a1b2c3d4e5f60718293a4b5c6d7e8f9", "listening on 3000\n"),
            ("ecs/web-app/0a1b2c3d4e5f60718293a4b5c6d7e8f9", "\u{1b}[2Jgone\r\n"),
            ("by-hand", "one\n\ttwo"),
            ("ecs/web-app/0a1b2c3d4e5f60718293a4b5c6d7e8f9", ""),
        ];
        for (stream, message) in lines {
            let line = Line {
                timestamp: 0,
                log_group: "/lab".to_owned(),
                log_stream: stream.to_owned(),
                message: message.to_owned(),
                event_id: String::new(),
            };
            write_line(&mut out, &line).unwrap();
        }
        insta::assert_snapshot!(plain(&out), @r"
        web-app/0a1b2c3d | listening on 3000
        web-app/0a1b2c3d | \u{1b}[2Jgone
        by-hand | one
        by-hand | 	two
        web-app/0a1b2c3d |
        ");
    }
}
