//! `labform policy`.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::screen::{Result, note};
use super::{Globals, files};
use crate::error::{DONE, Error};
use crate::policy::{self, Command, LIMIT, Policy};
use crate::report::policy::{write_policies, write_policy};

/// Print the IAM policies that the lab's commands need, and no more than that
///
/// Of one command: its policy document, for `aws iam create-policy --policy-document file://...`. Of none: one object
/// with the documents of all. No call to AWS is made.
#[derive(Debug, Args)]
pub(super) struct PolicyCommand {
    /// The command that is to be allowed; `plan` allows `status`, `logs` and `output` too
    #[arg(value_enum)]
    of: Option<Of>,
    /// The account, where `accounts` in the lab doesn't name one
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Of {
    /// Only reads
    Plan,
    /// Makes, changes and deletes what the lab owns
    Apply,
    /// Deletes what the lab owns
    Destroy,
    /// Runs the lab's jobs
    Run,
}

impl PolicyCommand {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let source = files::load(&globals.file)?;
        let accounts = &source.lab().accounts;
        let account = match (&self.account, accounts.as_slice()) {
            (Some(given), allowed) if !allowed.is_empty() && !allowed.contains(given) => {
                let message = format!("`accounts` doesn't allow {given}");
                return Err(Error::refused(message).into());
            }
            (Some(given), _) | (None, [given]) => Some(given.as_str()),
            (None, _) => None,
        };
        if account.is_none() {
            note("note: no account is known, so that `*` stands for it; --account ID names it");
        }
        let lab = source.at(&policy::account(account, source.region()))?;
        let mut policies: BTreeMap<Command, Policy> = Command::ALL
            .into_iter()
            .filter(|command| *command != Command::Run || !lab.jobs.is_empty())
            .map(|command| (command, Policy::of(&lab, command)))
            .collect();
        let mut out = anstream::stdout().lock();
        match self.of {
            None => {
                write_policies(&mut out, &policies)?;
                policies.iter().for_each(|(command, policy)| warn(*command, policy));
            }
            Some(of) => {
                let command = of.command();
                let Some(policy) = policies.remove(&command) else {
                    return Err(Error::invalid("the lab has no jobs").into());
                };
                write_policy(&mut out, &policy)?;
                warn(command, &policy);
            }
        }
        Ok(DONE)
    }
}

impl Of {
    fn command(self) -> Command {
        match self {
            Self::Plan => Command::Plan,
            Self::Apply => Command::Apply,
            Self::Destroy => Command::Destroy,
            Self::Run => Command::Run,
        }
    }
}

/// Warns if AWS won't take a document as one managed policy.
fn warn(command: Command, policy: &Policy) {
    let size = policy.size();
    if size > LIMIT {
        note(format_args!(
            "warning: the policy for {} has {size} characters, and a managed policy takes {LIMIT}: \
             put its statements into two documents, and attach both",
            command.word()
        ));
    }
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("an account has 12 digits".to_owned())
    }
}
