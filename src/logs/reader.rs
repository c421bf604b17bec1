//! A reader of log lines: all sources as one, from where the last reading ended.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use futures::future::try_join_all;

use super::{Line, Source, millis};
use crate::cloud::{Cloud, CloudError, Result};

/// The time before the latest line from which the next reading begins: the log driver and CloudWatch may hold a line
/// back while later ones of other tasks are there already.
const LATE: Duration = Duration::from_secs(60);
/// The number of told lines that are remembered before those are forgotten that are too old to come again.
const REMEMBERED: usize = 10_000;

/// A reader of the lines of some sources, each line once.
#[derive(Debug)]
pub struct Reader<'a> {
    cloud: &'a Cloud,
    places: Vec<Position>,
}

/// The place up to which a source was read.
#[derive(Debug)]
struct Position {
    source: Source,
    /// Lines from this time on are asked for, in milliseconds since 1970.
    from: i64,
    /// The lines since then that were told, with their times.
    told: BTreeMap<String, i64>,
    /// The number of told lines that there may be before the old ones are forgotten.
    room: usize,
    /// Whether the source's log group wasn't there.
    is_missing: bool,
}

/// A reading of a single source.
struct Cursor<'a> {
    place: &'a mut Position,
    buffer: VecDeque<Line>,
    next: Next,
}

enum Next {
    Page(Option<String>),
    End,
}

impl<'a> Reader<'a> {
    /// Starts at `since`, on the account's clock.
    pub fn new(cloud: &'a Cloud, sources: Vec<Source>, since: SystemTime) -> Self {
        let place = |source| Position {
            source,
            from: millis(since),
            told: BTreeMap::new(),
            room: REMEMBERED,
            is_missing: false,
        };
        let places = sources.into_iter().map(place).collect();
        Self { cloud, places }
    }

    /// Reads what is there and was not told yet, in the order of its time. Only one page of each source is held.
    ///
    /// # Errors
    /// If a group can't be read, or if `tell` fails. A group that isn't there has no lines.
    pub async fn read<E: From<CloudError>>(&mut self, tell: &mut dyn FnMut(Line) -> Result<(), E>) -> Result<(), E> {
        let cloud = self.cloud;
        let mut cursors: Vec<Cursor<'_>> = self.places.iter_mut().map(Cursor::new).collect();
        loop {
            try_join_all(cursors.iter_mut().map(|cursor| cursor.fill(cloud))).await?;
            let heads = cursors.iter_mut().filter(|cursor| !cursor.buffer.is_empty());
            let Some(cursor) = heads.min_by(|one, other| one.buffer[0].cmp(&other.buffer[0])) else {
                break;
            };
            let line = cursor.buffer.pop_front().expect("empty ones were left out");
            if cursor.place.is_new(&line) {
                tell(line)?;
            }
        }
        let now = millis(cloud.now());
        self.places.iter_mut().for_each(|place| place.advance(now));
        Ok(())
    }

    /// The log groups that weren't there when they were read last.
    pub fn missing(&self) -> Vec<&str> {
        self.places.iter().filter(|place| place.is_missing).map(|place| place.source.group.as_str()).collect()
    }
}

impl Position {
    /// Returns whether the line wasn't told before; it counts as told then.
    fn is_new(&mut self, line: &Line) -> bool {
        if self.told.len() >= self.room {
            self.forget_before(line.timestamp - late());
            self.room = REMEMBERED.max(2 * self.told.len());
        }
        self.told.insert(line.event_id.clone(), line.timestamp).is_none()
    }

    /// Lets the next reading begin a little before the latest line, and forgets the lines that it can't meet again. A
    /// writer whose clock is ahead hides nothing that the others write.
    fn advance(&mut self, now: i64) {
        if let Some(latest) = self.told.values().max() {
            self.from = self.from.max((*latest).min(now) - late());
        }
        self.forget_before(self.from);
    }

    fn forget_before(&mut self, time: i64) {
        self.told.retain(|_, at| *at >= time);
    }
}

fn late() -> i64 {
    i64::try_from(LATE.as_millis()).unwrap_or(i64::MAX)
}

impl<'a> Cursor<'a> {
    fn new(place: &'a mut Position) -> Self {
        place.is_missing = false;
        Self { place, buffer: VecDeque::new(), next: Next::Page(None) }
    }

    /// Reads on until there is a line, or none is left. A page may be empty before the end (FilterLogEvents, API
    /// reference).
    async fn fill(&mut self, cloud: &Cloud) -> Result<()> {
        while let (true, Next::Page(token)) = (self.buffer.is_empty(), &self.next) {
            let source = &self.place.source;
            let call = cloud.logs.filter_log_events().log_group_name(&source.group);
            // AWS takes one prefix; if there are several, all is read.
            let mut prefixes = source.prefixes.iter();
            let prefix = prefixes.next().filter(|_| prefixes.next().is_none());
            let call = call.set_log_stream_name_prefix(prefix.cloned());
            let call = call.start_time(self.place.from).set_next_token(token.clone());
            let answer = match call.send().await.map_err(CloudError::from) {
                Ok(answer) => answer,
                Err(error) if error.is_not_found() => {
                    (self.place.is_missing, self.next) = (true, Next::End);
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let lines = answer.events().iter().map(|event| Line {
                timestamp: event.timestamp().unwrap_or_default(),
                log_group: source.group.clone(),
                log_stream: text(event.log_stream_name()),
                message: text(event.message()),
                event_id: text(event.event_id()),
            });
            self.buffer = lines.filter(|line| source.has(&line.log_stream)).collect();
            self.next = match answer.next_token() {
                Some(token) => Next::Page(Some(token.to_owned())),
                None => Next::End,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
