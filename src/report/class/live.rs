//! The table of a class on a terminal, drawn anew while a command runs.

use anstream::ColorChoice;
use anstream::adapter::strip_str;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Draws on stderr.
pub struct LiveTable {
    view: MultiProgress,
    table: Option<ProgressBar>,
    colour: ColorChoice,
}

impl LiveTable {
    /// An empty table; `colour` says whether the terminal is to show any.
    pub fn new(colour: ColorChoice) -> Self {
        Self { view: MultiProgress::new(), table: None, colour }
    }

    /// Shows these lines in the place of those before.
    pub fn draw(&mut self, lines: &[String]) {
        let table = self.table.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg}").expect("the template is well formed");
            self.view.add(ProgressBar::new_spinner().with_style(style))
        });
        let text = lines.join("\n");
        table.set_message(match self.colour {
            ColorChoice::Never => strip_str(&text).to_string(),
            _ => text,
        });
    }

    /// Takes the table off the screen, until it is drawn again.
    pub fn hide(&mut self) {
        self.table.take().iter().for_each(ProgressBar::finish_and_clear);
    }

    /// Says a line that stays, above the table.
    pub fn say(&self, line: &str) {
        let line = match self.colour {
            ColorChoice::Never => strip_str(line).to_string(),
            _ => line.to_owned(),
        };
        // A terminal that is gone is no reason to stop half way.
        let _ = self.view.println(line);
    }
}

impl Drop for LiveTable {
    fn drop(&mut self) {
        self.hide();
    }
}
