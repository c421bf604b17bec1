//! The work on a class: as many students at once as there are turns, one question, and the end.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::{MissedTickBehavior, interval};

use super::board::Board;
use super::gate::Gate;
use super::hub::Hub;
use super::member::{Member, Speech};
use super::{Class, Task, exit_code, question};
use crate::cli::reporting::Reporting;
use crate::cli::screen::{Result, Voice, note, out};
use crate::cli::stop::Stop;
use crate::cli::streams::err;
use crate::cli::{Globals, Student};
use crate::error::{Error, INTERRUPTED};
use crate::model::gives_away;
use crate::report::class::{Row as Reported, write_class};
use crate::report::commands::{Options, SpokenOf, again, quoted};
use crate::report::cost::write_sum;
use crate::report::json_class::{class_end_line, student_end_line, student_start_line};
use crate::report::{BOLD, counted, paint, visible};
use crate::spec::{Access, Row, Source};

/// The region by which an account is entered for which neither the roster nor a lab says one; each account can use it.
const HOME: &str = "us-east-1";
/// The time between two drawings of the table.
const TICK: Duration = Duration::from_millis(250);

/// A command's work on a class.
pub(super) struct Work<'a> {
    roster: &'a str,
    globals: &'a Globals,
    voice: &'a Voice,
    task: Task<'a>,
    gate: Arc<Gate>,
    rows: Vec<Row>,
    members: Vec<Arc<Member>>,
    waiting: Vec<Waiting>,
    board: RefCell<Board>,
    /// Whether somebody has begun or ended since the report was written.
    is_news: Cell<bool>,
}

/// What is known of a student's lab before the work on it begins. The lab itself is built then: those of a thousand students
/// would take more memory than all else.
pub(super) struct Waiting {
    /// What commands in hints about the lab are completed with.
    spoken_of: Arc<SpokenOf>,
    /// The lab's name; empty if there is no lab, but an account to look at.
    lab: String,
    region: String,
}

impl Waiting {
    /// What is known of a student's lab.
    pub(super) fn of_lab(class: &Class, row: &Row, source: &Source) -> Self {
        let words = class.roster.words_for(&[row.student.as_str()]);
        let (lab, region) = (source.name().to_owned(), source.region().to_owned());
        Self { spoken_of: spoken_of(words, row, variables(row, source)), lab, region }
    }

    /// What is known of an account whose labs nobody has looked for yet. `words` name its students on a command line.
    pub(super) fn of_account(row: &Row, words: Vec<String>) -> Self {
        let region = row.region.clone().unwrap_or_else(|| HOME.to_owned());
        Self { spoken_of: spoken_of(words, row, Vec::new()), lab: String::new(), region }
    }
}

impl<'a> Work<'a> {
    pub(super) fn new(
        roster: &'a str,
        (globals, voice, task): (&'a Globals, &'a Voice, Task<'a>),
        gate: Arc<Gate>,
        (rows, members, waiting): (Vec<Row>, Vec<Arc<Member>>, Vec<Waiting>),
    ) -> Self {
        let board = match members.first().map(|member| member.speech) {
            None | Some(Speech::Whole) => Board::Nobody,
            Some(speech) => Board::new(voice, speech == Speech::Named),
        };
        let (board, is_news) = (RefCell::new(board), Cell::new(false));
        Self { roster, globals, voice, task, gate, rows, members, waiting, board, is_news }
    }

    /// What has become of each student so far, as a report has it.
    pub(super) fn rows(&self) -> Vec<Reported> {
        (0..self.rows.len()).map(|at| self.row(at)).collect()
    }

    /// Ends what hasn't ended with an error that concerns all but those for whom nothing was to be done.
    pub(super) fn end_all(&self, error: &Error) {
        for (member, told) in self.members.iter().map(|member| (member, member.told())) {
            match told.planned {
                _ if told.end.is_some() => {}
                Some(_) if !told.is_asked => member.ends(self.task.verb, INTERRUPTED, None),
                _ => member.ends(self.task.verb, error.exit_code(), Some(error)),
            }
        }
    }

    /// Does the command for each student.
    pub(super) async fn run(
        &self,
        stop: &Stop,
        reporting: &mut Reporting,
        one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
    ) -> Result<u8> {
        let Some(Waiting { region, .. }) = self.waiting.first() else {
            note(format_args!("no student of {} is in this part of it", visible(self.roster)));
            return self.end(0.0);
        };
        let hub = stop.or(Hub::open(self.globals, region, &self.rows)).await?;
        let began = Instant::now();
        if !self.is_one() {
            let students = counted(self.rows.len(), "student");
            note(format_args!("{} of {}", paint(BOLD, students), visible(self.roster)));
            hub.introduce();
        }
        let going = (0..self.rows.len()).map(|at| self.student(at, &hub, stop, one));
        let mut going: FuturesUnordered<_> = going.collect();
        let (mut ticks, mut stopping) = (interval(TICK), false);
        // What can't be written is told at the end: the students under way go on.
        let mut unwritten = None;
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                ended = going.next() => match ended {
                    None => break,
                    Some(at) => {
                        let row = self.row(at);
                        self.board.borrow().ended(self.task.verb, &row);
                        let code = self.members[at].told().end.map_or(INTERRUPTED, |(_, code, _)| code);
                        if let Err(ended) = self.tell(&student_end_line(&row, code)) {
                            unwritten.get_or_insert(ended);
                        }
                        self.is_news.set(true);
                    }
                },
                () = self.gate.somebody_came() => {}
                () = stop.token().cancelled(), if !stopping => {
                    stopping = true;
                    self.board.borrow_mut().hide();
                    if !self.is_one() {
                        note("stopping: no student is begun, calls in flight end first (again: stop at once)");
                    }
                }
                _ = ticks.tick() => {
                    self.board.borrow_mut().draw(&self.members);
                    if self.is_news.get() && reporting.is_due() {
                        self.is_news.set(false);
                        if let Err(ended) = reporting.rows_are(self.rows()) {
                            unwritten.get_or_insert(ended);
                        }
                    }
                }
            }
            if !stopping && self.gate.waiting() > 0 && self.gate.waiting() == going.len() {
                self.board.borrow_mut().hide();
                let caller = hub.caller.as_ref().map(|caller| caller.arn.as_str());
                let class = (self.rows.as_slice(), caller);
                question::confirm(stop, (self.task.verb, self.task.asks), self.roster, &self.members, class).await?;
                self.gate.open();
            }
        }
        self.board.borrow_mut().hide();
        let code = self.end(began.elapsed().as_secs_f64())?;
        unwritten.map_or(Ok(code), Err)
    }

    /// Does the command for one student, and returns that student's place.
    async fn student(
        &self,
        at: usize,
        hub: &Hub,
        stop: &Stop,
        one: &impl AsyncFn(&Globals, &Voice, &Stop) -> Result<u8>,
    ) -> usize {
        let (row, member) = (&self.rows[at], &self.members[at]);
        let Waiting { spoken_of, region, .. } = &self.waiting[at];
        let has_turn = tokio::select! {
            biased;
            () = stop.token().cancelled() => false,
            () = member.take_turn() => true,
        };
        if !has_turn {
            spoken_of.say(|| member.ends(self.task.verb, INTERRUPTED, None));
            return at;
        }
        member.begins();
        self.is_news.set(true);
        let begun = self.row(at);
        self.board.borrow().begun(&begun);
        let told = self.tell(&student_start_line(&begun));
        let voice = self.voice.of(&row.student);
        let work = async {
            told?;
            let session = stop.or(hub.enter(row, region)).await?;
            let student = Student { row: row.clone(), session };
            let globals = Globals { student: Some(Arc::new(student)), ..self.globals.clone() };
            one(&globals, &voice, stop).await
        };
        // Most of the students wait for long, and what they will need takes room only then.
        let mut work = Box::pin(member.work(async { voice.tell(work.await) }));
        let result = poll_fn(|context| spoken_of.say(|| work.as_mut().poll(context))).await;
        spoken_of.say(|| super::ends(member, self.task.verb, &result));
        if let (true, Err(ended)) = (self.is_one(), result) {
            spoken_of.say(|| ended.show());
        }
        at
    }

    /// Tells the end of all, and returns the exit code.
    fn end(&self, seconds: f64) -> Result<u8> {
        let rows = self.rows();
        match self.voice {
            Voice::Programs(lines) => lines.write(&class_end_line(self.task.verb, &rows, seconds))?,
            Voice::People if self.is_one() || rows.is_empty() => {}
            Voice::People if self.task.takes_stdout => drop(write_class(&mut err(), self.task.verb, &rows)),
            Voice::People => {
                write_class(&mut out(), self.task.verb, &rows)?;
                let costs = self.members.iter().filter_map(|member| member.told().cost);
                write_sum(&mut out(), &costs.collect::<Vec<_>>())?;
            }
        }
        let codes = self.members.iter().filter_map(|member| member.told().end.map(|(_, code, _)| code));
        Ok(exit_code(self.task.verb, &codes.collect::<Vec<_>>()))
    }

    fn is_one(&self) -> bool {
        self.members.iter().any(|member| member.speech == Speech::Whole)
    }

    fn row(&self, at: usize) -> Reported {
        let Waiting { spoken_of, lab, region } = &self.waiting[at];
        let place = [self.rows[at].account.as_str(), region, lab];
        spoken_of.say(|| self.members[at].row(place, again(self.task.words, self.task.behind)))
    }

    fn tell(&self, line: &serde_json::Value) -> Result<()> {
        match self.voice {
            Voice::Programs(lines) => Ok(lines.write(line)?),
            Voice::People => Ok(()),
        }
    }
}

/// The options that give a lab's variables the values of a row.
fn variables(row: &Row, source: &Source) -> Vec<String> {
    let is_known = |name: &str| source.lab().variables.contains_key(name);
    let own = row.variables.iter().map(|(name, (value, _))| (name.as_str(), value.as_str()));
    let offered = [("student", Some(row.student.as_str())), ("region", row.region.as_deref())];
    let offered = offered.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let offered = offered.filter(|(name, _)| is_known(name) && !row.variables.contains_key(*name));
    let open = own.chain(offered).filter(|(name, value)| !gives_away(name, value));
    open.flat_map(|(name, value)| ["--var".to_owned(), quoted(&format!("{name}={value}"))]).collect()
}

/// The options of commands about one student's lab, with those that name the student.
fn spoken_of(class: Vec<String>, row: &Row, student: Vec<String>) -> Arc<SpokenOf> {
    SpokenOf::new(|started| {
        let (mut aws, mut own_account, mut role) = (started.aws.clone(), None, None);
        let others = |words: &[String]| -> Vec<String> {
            let mut words = words.to_vec();
            if let Some(at) = words.iter().position(|word| word == "--profile") {
                words.drain(at..words.len().min(at + 2));
            }
            words
        };
        match &row.access {
            Access::Profile(profile) => {
                let profile = ["--profile".to_owned(), quoted(profile)];
                own_account = Some(others(&started.account).into_iter().chain(profile.clone()).collect());
                aws = others(&aws).into_iter().chain(profile).collect();
            }
            Access::Role { arn, .. } => {
                own_account = Some(others(&started.account));
                role = Some(arn.clone());
            }
            Access::Own => {}
        }
        // The report of a class is of all its students.
        Options { class, student, aws, own_account, role, report: Vec::new(), ..started }
    })
}
