//! `apply --report FILE.html`: a page that is there from the beginning, so that an apply which is killed leaves word of how
//! far it came.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, SystemTime};

use super::files::{Readers, make_folder};
use super::reporting::replace;
use super::screen::{Ended, Result};
use crate::apply::{Applied, Event, Observer, Wait};
use crate::cloud::Cloud;
use crate::live::Reading;
use crate::plan::Plan;
use crate::report::timeline::Timeline;
use crate::spec::Source;

/// The time between two writings while steps are done: they don't wait for it.
const PAUSE: Duration = Duration::from_millis(250);

const HELD: &str = "nothing panics while it holds the lock";

/// The page of one apply.
pub(super) struct ApplyPage {
    file: PathBuf,
    told: Mutex<Told>,
}

struct Told {
    timeline: Timeline,
    /// Whether anything has happened since the page was written.
    is_new: bool,
    /// The account whose clock counts, once something is planned there.
    cloud: Option<Cloud>,
}

impl ApplyPage {
    /// Begins the page: as of an apply that was stopped before it had planned anything.
    ///
    /// # Errors
    /// If the file can't be written, or is something that labform didn't write.
    pub(super) fn begin(file: &Path, source: &Source) -> Result<Arc<Self>> {
        let timeline = Timeline::new(source.name(), source.region());
        let told = Told { timeline, is_new: false, cloud: None };
        let page = Self { file: file.to_owned(), told: Mutex::new(told) };
        make_folder(file, Readers::Owner)?;
        page.tell(|_, _| {})?;
        Ok(Arc::new(page))
    }

    /// Learns what is to be done in an account. `clock` says whose time it is there, if that isn't everybody's.
    pub(super) fn planned(&self, cloud: &Cloud, clock: &str, plan: &Plan, reading: &Reading) -> Result<()> {
        self.told.lock().expect(HELD).cloud = Some(cloud.clone());
        self.tell(|timeline, now| timeline.planned(plan, reading, clock, now.unwrap_or_else(|| cloud.now())))
    }

    /// An observer that learns what happens, and passes it on. The page is written now and then as long as there is one.
    pub(super) fn watching(self: &Arc<Self>, next: Arc<dyn Observer>) -> Arc<dyn Observer> {
        tokio::spawn(keep_writing(Arc::downgrade(self)));
        Arc::new(Watching { page: self.clone(), next })
    }

    /// Learns how it ended by itself.
    pub(super) fn applied(&self, end: &Applied, wait: Wait) -> Result<()> {
        self.tell(|timeline, now| timeline.applied(end, wait, now.unwrap_or_else(SystemTime::now)))
    }

    /// Learns what ended it early; nothing if it has ended by itself.
    pub(super) fn stopped(&self, result: &Result<u8>) -> Result<()> {
        match result {
            Ok(_) => Ok(()),
            Err(Ended::Error(error)) => self.tell(|timeline, now| timeline.failed(error, now)),
            Err(Ended::Interrupted | Ended::ClosedPipe) => self.tell(Timeline::interrupted),
        }
    }

    /// Takes note of something, with the account's time if one was reached, and writes the page.
    fn tell(&self, tell: impl FnOnce(&mut Timeline, Option<SystemTime>)) -> Result<()> {
        let mut told = self.told.lock().expect(HELD);
        let now = told.now();
        tell(&mut told.timeline, now);
        told.is_new = false;
        replace(&self.file, &told.timeline.page(), Timeline::wrote)
    }
}

/// Writes the page whenever something is new. That it can't be written fails no step: it is told at the end.
async fn keep_writing(page: Weak<ApplyPage>) {
    loop {
        tokio::time::sleep(PAUSE).await;
        let Some(page) = page.upgrade() else { return };
        if page.told.lock().expect(HELD).is_new {
            drop(page.tell(|_, _| {}));
        }
    }
}

impl Told {
    fn now(&self) -> Option<SystemTime> {
        self.cloud.as_ref().map(Cloud::now)
    }
}

struct Watching {
    page: Arc<ApplyPage>,
    next: Arc<dyn Observer>,
}

impl Observer for Watching {
    fn event(&self, event: Event) {
        let mut told = self.page.told.lock().expect(HELD);
        let now = told.now().unwrap_or_else(SystemTime::now);
        told.timeline.event(&event, now);
        told.is_new = true;
        drop(told);
        self.next.event(event);
    }
}
