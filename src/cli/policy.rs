//! `labform policy`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Globals;
use super::files::{self, Readers};
use super::screen::{Json, Result, Voice, note};
use crate::error::{DONE, Error};
use crate::policy::{self, Command, LIMIT, Policy};
use crate::report::json_lab::policy_line;
use crate::report::policy::{write_policies, write_policy};
use crate::resource::Names;

/// Print the IAM policies that the lab's commands need, and no more than that
///
/// Of one command: its policy document, for `aws iam create-policy --policy-document file://...`. Of none: one object
/// with the documents of all. No call to AWS is made. A statement whose name begins with Optional may be left out: without
/// OptionalAllRolesAtOnce, roles are read one by one, and without OptionalOtherKinds, what an earlier lab.yaml made of a
/// kind that this one has nothing of isn't looked for service by service.
#[derive(Debug, Args)]
pub(super) struct PolicyCommand {
    /// The command that is to be allowed; `plan` allows `status`, `logs` and `output` too
    #[arg(value_enum)]
    of: Option<Of>,
    /// The account, where `accounts` in the lab doesn't name one
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<String>,
    /// Write each document into a file of its own in this folder, and in so many parts that AWS takes each as a managed
    /// policy
    #[arg(long, value_name = "DIR", conflicts_with = "json")]
    split: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
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
    /// Looks at the lab's checkpoints, and at nothing else: for graders
    Check,
}

impl PolicyCommand {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(self.show(globals, &voice))
    }

    fn show(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let source = files::load(globals)?;
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
        let lab = source.at(&policy::account(account, source.region()), &Names::new())?;
        let mut policies: BTreeMap<Command, Policy> = Command::ALL
            .into_iter()
            .filter(|command| match command {
                Command::Run => !lab.jobs.is_empty(),
                Command::Check => !lab.checkpoints.is_empty(),
                Command::Plan | Command::Apply | Command::Destroy => true,
            })
            .map(|command| (command, Policy::of(&lab, command)))
            .collect();
        if let Some(of) = self.of {
            policies.retain(|command, _| *command == of.command());
            if policies.is_empty() {
                let what = if of.command() == Command::Run { "jobs" } else { "checkpoints" };
                return Err(Error::invalid(format!("the lab has no {what}")).into());
            }
        }
        if let Some(folder) = &self.split {
            return split(folder, &policies);
        }
        let whole = std::mem::take(&mut policies);
        policies.extend(whole.iter().map(|(command, policy)| (*command, policy.fitting())));
        voice.data(
            |out| match (self.of, policies.values().next()) {
                (Some(_), Some(policy)) => write_policy(out, policy),
                _ => write_policies(out, &policies),
            },
            || policies.iter().map(|(command, policy)| policy_line(*command, policy)).collect(),
        )?;
        whole.iter().for_each(|(command, policy)| warn(*command, policy));
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
            Self::Check => Command::Check,
        }
    }
}

/// Returns whether a file may be one that labform wrote before.
fn is_policy(text: &str) -> bool {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    value["Version"].is_string() && value["Statement"].is_array()
}

/// Writes the parts of each document into the folder, none over what stands there with other words.
fn split(folder: &Path, policies: &BTreeMap<Command, Policy>) -> Result<u8> {
    for (command, policy) in policies {
        for (index, part) in policy.parts().iter().enumerate() {
            let file = folder.join(format!("{}-{}.json", command.word(), index + 1));
            let mut text = Vec::new();
            write_policy(&mut text, part)?;
            files::make_folder(&file, Readers::Others)?;
            files::save(&file, &text, Readers::Others, is_policy, "a policy")?;
            writeln!(anstream::stdout(), "{}", file.display())?;
        }
    }
    Ok(DONE)
}

/// Tells of a document that AWS won't take as one managed policy, or that is one only without a part.
fn warn(command: Command, policy: &Policy) {
    let (word, size, fitting) = (command.word(), policy.size(), policy.fitting().size());
    if fitting > LIMIT {
        note(format_args!(
            "warning: the policy for {word} has {size} characters, and a managed policy takes {LIMIT}: \
             `labform policy {word} --split DIR` writes it in parts, to be attached together"
        ));
    } else if size > LIMIT {
        note(format_args!(
            "note: what of the policy for {word} may be left out is, because a managed policy takes {LIMIT} characters: \
             `labform policy {word} --split DIR` writes all of it, in parts"
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
