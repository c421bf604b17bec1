//! `labform status`.

use clap::Args;

use super::screen::{Json, Result, Voice};
use super::session::Session;
use super::{Globals, files, stop};
use crate::error::DONE;
use crate::live::{self, Evidence};
use crate::report::json::status_line;
use crate::report::status::{rows, write_table};

/// Show what is there, whether it works, and whose it is
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    json: Json,
}

impl Status {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(self.show(globals, &voice))
    }

    fn show(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let source = files::load(&globals.file)?;
        stop::run(async |stop| {
            let session = Session::open(globals, source.region()).await?;
            let reading = stop
                .or(live::read(&session.cloud, &source, Evidence::Index))
                .await?;
            session.introduce(source.name(), &reading.account);
            let rows = rows(&reading.lab, &reading.live);
            match voice {
                Voice::People => write_table(&mut anstream::stdout().lock(), &rows)?,
                Voice::Programs(lines) => rows
                    .iter()
                    .try_for_each(|row| lines.write(&status_line(row)))?,
            }
            Ok(DONE)
        })
    }
}
