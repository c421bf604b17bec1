//! A writer that completes commands on their way to the screen.

use std::io::{self, Write};

use super::commands::completed;

/// A writer that completes the commands in what goes through it, line by line.
pub(crate) struct Completing<W: Write> {
    inner: W,
    line: Vec<u8>,
}

impl<W: Write> Completing<W> {
    /// Writes to `inner`.
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, line: Vec::new() }
    }

    fn pass(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        match std::str::from_utf8(&line) {
            Ok(text) => self.inner.write_all(completed(text).as_bytes()),
            Err(_) => self.inner.write_all(&line),
        }
    }
}

impl<W: Write> Write for Completing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        // A line comes in pieces, and a piece may begin with the end of the line before.
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            let rest = self.line.split_off(end + 1);
            self.pass()?;
            self.line = rest;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass()?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Completing<W> {
    fn drop(&mut self) {
        // What is left is the end of a line, and nobody is there to hear of a failure.
        let _ = self.pass();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_go_through() {
        let mut out = Vec::new();
        let mut writer = Completing::new(&mut out);
        writer.write_all(b"one\ntwo: `labform ").unwrap();
        assert_eq!(writer.line, b"two: `labform ");
        writer.write_all(b"apply`\n").unwrap();
        drop(writer);
        assert_eq!(out, b"one\ntwo: `labform apply`\n");
    }
}
