//! The pieces of work of an apply.

use std::time::SystemTime;

use crate::model::Address;
use crate::plan::Op;
use crate::report::progress::{doing, done};

/// A step, or the wait until a resource does its work.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) what: What,
    pub(super) name: String,
    /// The bars that have to be done before.
    pub(super) after: Vec<usize>,
    pub(super) begun: Option<SystemTime>,
    pub(super) ended: Option<(SystemTime, Ended)>,
    pub(super) waits: Vec<Wait>,
    pub(super) id: Option<String>,
    /// What was found out meanwhile.
    pub(super) notes: Vec<String>,
}

/// What a bar is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A step, or the wait for readiness if there is no operation.
    Work(Address, Option<Op>),
    /// Everything is read once more.
    Reading,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Done,
    Failed(String),
    Skipped,
}

/// A wait within a bar.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) since: SystemTime,
    pub(super) until: Option<SystemTime>,
    pub(super) reason: String,
}

impl What {
    pub(super) fn title(&self) -> String {
        match self {
            Self::Work(address, _) => address.to_string(),
            Self::Reading => "all resources".to_owned(),
        }
    }

    /// The words for doing it, for having done it, and for not having done it.
    pub(super) fn words(&self) -> [String; 3] {
        match self {
            Self::Work(_, None) => ["getting ready", "ready", "not ready"].map(str::to_owned),
            Self::Work(_, Some(op)) => {
                [doing(Some(*op)).to_owned(), done(*op).to_owned(), format!("not {}", done(*op))]
            }
            Self::Reading => ["reading once more", "read once more", "not read once more"].map(str::to_owned),
        }
    }
}

impl Bar {
    pub(super) fn new(what: What, name: &str) -> Self {
        let (begun, ended, id) = (None, None, None);
        let (after, waits, notes) = Default::default();
        Self { what, name: name.to_owned(), after, begun, ended, waits, id, notes }
    }

    /// Ends the last wait.
    pub(super) fn close(&mut self, now: SystemTime) {
        if let Some(wait) = self.waits.last_mut().filter(|wait| wait.until.is_none()) {
            wait.until = Some(now);
        }
    }

    pub(super) fn end(&mut self, now: SystemTime, how: Ended) {
        self.close(now);
        self.ended = Some((now, how));
    }

    pub(super) fn is_running(&self) -> bool {
        self.begun.is_some() && self.ended.is_none()
    }
}
