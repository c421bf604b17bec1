//! The only prompt.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use super::class::{Member, Speech, member};
use super::screen::{Result, note};
use super::session::Session;
use super::stop::Stop;
use crate::cloud::Account;
use crate::error::Error;
use crate::plan::Plan;
use crate::report::plan::write_table;
use crate::report::{BOLD, paint, visible};

/// The longest answer that is read.
const LONGEST: u64 = 256;

/// A question before something is changed.
pub(super) struct Question<'a> {
    /// The question.
    pub(super) asks: &'a str,
    /// The changes that it is about, if there is a plan of them.
    pub(super) plan: Option<&'a Plan>,
    /// The session in which they would be made, and the account.
    pub(super) session: &'a Session,
    /// The account that the credentials belong to.
    pub(super) account: &'a Account,
    /// The words on who else made what is to be changed, if somebody else did.
    pub(super) made: Option<String>,
    /// The word that is the only yes.
    pub(super) expected: &'a str,
}

/// Returns whether there is somebody to ask.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks, below one line for each resource, and goes on if the expected word was typed. What was typed before the question
/// stood there is no answer to it.
///
/// # Errors
/// If anything else is typed, and if there is no terminal to ask on.
pub(super) async fn confirm(stop: &Stop, question: &Question<'_>) -> Result<()> {
    if let Some(member) = one_of_many() {
        let agree = async {
            member.agree(question.made.is_some()).await;
            Ok::<_, Error>(())
        };
        return stop.or(agree).await;
    }
    refuse_unless_asked()?;
    if let Some(plan) = question.plan {
        // If stderr is closed, there is nobody to tell, and no answer will come.
        let _ = write_table(&mut anstream::stderr(), plan);
    }
    let below: Vec<String> =
        question.session.place(question.account).into_iter().chain(question.made.clone()).collect();
    typed(stop, question.asks, &below, question.expected).await
}

/// Waits for the answer to the one question over a class, which isn't about the student whose part this is: what is still to
/// be done for that student would hold the question up.
///
/// # Errors
/// If the answer isn't yes.
pub(super) async fn wait_for_others(stop: &Stop) -> Result<()> {
    let Some(member) = one_of_many() else { return Ok(()) };
    let wait = async {
        member.wait_for_others().await;
        Ok::<_, Error>(())
    };
    stop.or(wait).await
}

fn one_of_many() -> Option<Arc<Member>> {
    member().filter(|member| member.speech != Speech::Whole)
}

/// Makes sure that there is somebody to ask.
///
/// # Errors
/// If there isn't.
pub(super) fn refuse_unless_asked() -> Result<()> {
    if can_ask() {
        return Ok(());
    }
    Err(Error::refused("there is no terminal to ask on, and nothing was changed")
        .hint("add --yes to go on without being asked")
        .into())
}

/// Asks, and goes on if the expected word was typed.
///
/// # Errors
/// If anything else is typed.
pub(super) async fn typed(stop: &Stop, asks: &str, below: &[String], expected: &str) -> Result<()> {
    note(format_args!("\n{}", paint(BOLD, asks)));
    below.iter().for_each(|line| note(format_args!("  {line}")));
    note(format_args!("  Only '{}' is accepted.", visible(expected)));
    forget_what_was_typed();
    let _ = write!(anstream::stderr(), "\n  > ").and_then(|()| io::stderr().flush());
    let answer = stop.or(answer()).await?;
    if answer.trim() == expected {
        return Ok(());
    }
    Err(Error::refused("that wasn't it: nothing was changed").into())
}

/// Asks for something until `read` takes the answer; an empty one stands for `default`.
///
/// # Errors
/// If there is no answer any more.
pub(super) async fn asked<T>(
    stop: &Stop,
    asks: &str,
    default: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T> {
    loop {
        let (asks, shown) = (paint(BOLD, asks), visible(default));
        let _ = write!(anstream::stderr(), "{asks} [{shown}]: ").and_then(|()| io::stderr().flush());
        let answer = stop.or(answer()).await?;
        if !answer.ends_with('\n') {
            return Err(Error::refused("there was no answer: nothing was written").into());
        }
        let answer = Some(answer.trim()).filter(|answer| !answer.is_empty()).unwrap_or(default);
        match read(answer) {
            Ok(taken) => return Ok(taken),
            Err(wrong) => note(format_args!("  {}", visible(wrong))),
        }
    }
}

#[cfg(unix)]
fn forget_what_was_typed() {
    use rustix::termios::{QueueSelector, tcflush};
    // A terminal that can't do that still asks.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

#[cfg(not(unix))]
fn forget_what_was_typed() {}

async fn answer() -> Result<String> {
    let read = || {
        let mut line = String::new();
        io::BufRead::read_line(&mut io::Read::take(io::stdin().lock(), LONGEST), &mut line).map(|_| line)
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(error)) => Err(Error::failed(format!("reading the answer: {error}")).into()),
        Err(_) => Err(Error::failed("reading the answer was broken off").into()),
    }
}
