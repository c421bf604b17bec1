//! An account that labform is run against, whoever wrote it, as one thing: labform and the AWS CLI both reach it.

use std::process::Command;

use labform_account::{Pace, Sandbox};
use serde_json::Value;

use crate::aws::aws;
use crate::differences::{Step, differs};
use crate::embedded::{self, Served};
use crate::emulator::Emulator;
use crate::labform::{Folder, Run, Signal, watch};

/// An account, one of its regions, and the folder in which a person works with it.
pub(crate) struct Account {
    /// Its word in messages and in the table of differences: `embedded`, `moto` or `ministack`.
    pub(crate) name: &'static str,
    /// The account's 12 digits.
    pub(crate) id: &'static str,
    /// The region of the lab.
    pub(crate) region: &'static str,
    /// Where a client reaches it.
    pub(crate) url: String,
    /// Where labform runs, and what labform is given to reach it.
    pub(crate) folder: Folder,
    reach: Vec<String>,
    /// What answers at the URL, where that isn't shared.
    _server: Option<Served>,
}

impl Account {
    /// The three accounts. Tests that run at the same time share the emulators, so each works in another region and
    /// with names of its own.
    pub(crate) fn each(region: &'static str) -> [Self; 3] {
        [
            Self::embedded(region),
            Self::emulated(Emulator::moto(), region),
            Self::emulated(Emulator::ministack(), region),
        ]
    }

    /// A fresh embedded account, whose time passes for the AWS CLI as ours does.
    pub(crate) fn embedded(region: &'static str) -> Self {
        Self::embedded_with(region, &["--speed", "1"])
    }

    /// A fresh embedded account in which every image is there, served with these options.
    pub(crate) fn embedded_with(region: &'static str, options: &[&str]) -> Self {
        let folder = Folder::empty();
        let file = folder.path().join(embedded::FILE);
        let account = Sandbox::open(&file, Pace::Instant).expect("it is a fresh account");
        account.with(|account| account.simulation(region).images_are_there());
        let server = Served::start(&file, options);
        Self {
            name: "embedded",
            id: "123456789012",
            region,
            url: server.url.clone(),
            reach: vec![format!("--sandbox={}", file.display())],
            folder,
            _server: Some(server),
        }
    }

    /// The account of an emulator.
    pub(crate) fn emulated(emulator: &Emulator, region: &'static str) -> Self {
        Self::at(emulator, &emulator.url(), region)
    }

    /// The account of an emulator, for labform through the endpoint at `url`.
    pub(crate) fn at(emulator: &Emulator, url: &str, region: &'static str) -> Self {
        Self {
            name: emulator.name,
            id: emulator.account,
            region,
            url: emulator.url(),
            reach: vec!["--endpoint-url".to_owned(), url.to_owned()],
            folder: Folder::empty(),
            _server: None,
        }
    }

    /// The same account through another endpoint: one for labform, and one for the AWS CLI, which nothing happens to.
    pub(crate) fn through(self, id: &'static str, labform: &str, cli: String) -> Self {
        Self { id, url: cli, reach: vec!["--endpoint-url".to_owned(), labform.to_owned()], ..self }
    }

    /// Writes `lab.yaml`: a lab of this name in the account's region with these sections, `LAB` in them replaced by the
    /// lab's name.
    pub(crate) fn write_lab(&self, lab: &str, sections: &[&str]) {
        let head = format!("lab: {lab}\nregion: {}\n", self.region);
        self.folder.write("lab.yaml", &(head + &sections.concat().replace("LAB", lab)));
    }

    /// Runs `labform ARGS` against it.
    pub(crate) fn labform(&self, args: &[&str]) -> Run {
        self.labform_in(&self.folder, args)
    }

    /// Runs `labform ARGS` against it in another folder.
    pub(crate) fn labform_in(&self, folder: &Folder, args: &[&str]) -> Run {
        folder.run(&self.reached(args))
    }

    /// Runs `labform ARGS` against it, and sends it what `signal` says, asked again and again.
    pub(crate) fn labform_signalled(&self, args: &[&str], signal: &mut dyn FnMut() -> Option<Signal>) -> Run {
        watch(self.command(args), signal)
    }

    /// `labform ARGS` against it, for `watch`.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.folder.command(&self.reached(args))
    }

    fn reached<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        let reach = self.reach.iter().map(String::as_str);
        // What stands behind `--` isn't labform's.
        let own = args.iter().position(|arg| *arg == "--");
        let (own, behind) = args.split_at(own.unwrap_or(args.len()));
        own.iter().copied().chain(reach).chain(behind.iter().copied()).collect()
    }

    /// Applies `lab.yaml`, and waits for services where they ever get ready.
    #[track_caller]
    pub(crate) fn apply(&self) -> Run {
        let wait: &[&str] = if differs(self, Step::ServiceSettles) { &["--no-wait"] } else { &[] };
        self.labform(&[&["apply", "--yes"], wait].concat()).exits(0)
    }

    /// Asserts that a plan has exactly these headings.
    #[track_caller]
    pub(crate) fn plans(&self, expected: &[&str]) {
        let plan = self.labform(&["plan", "--detailed-exitcode"]).exits(2);
        assert_eq!(plan.changes(), expected, "{}: {plan}", self.name);
    }

    /// Asserts that nothing is left to do.
    #[track_caller]
    pub(crate) fn is_unchanged(&self) {
        self.labform(&["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
    }

    /// What the AWS CLI answers to the words of `args` (`Null` where it says nothing).
    ///
    /// # Panics
    /// Where the command fails, with its words.
    #[track_caller]
    pub(crate) fn aws(&self, args: &str) -> Value {
        let words: Vec<&str> = args.split_whitespace().collect();
        aws(&self.url, self.region, &words).unwrap_or_else(|error| panic!("aws {args} on {}: {error}", self.name))
    }

    /// The one text that the AWS CLI answers to the words of `args`.
    ///
    /// # Panics
    /// Where the command fails or answers something else.
    #[track_caller]
    pub(crate) fn text(&self, args: &str) -> String {
        let answer = self.aws(args);
        answer.as_str().unwrap_or_else(|| panic!("aws {args} on {}: {answer}", self.name)).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_answers_a_client_that_others_wrote() {
        for account in Account::each("eu-west-1") {
            let identity = account.aws("sts get-caller-identity");
            assert_eq!(identity["Account"], account.id, "{}", account.name);
            let vpcs = account.aws("ec2 describe-vpcs --query Vpcs[].IsDefault");
            assert_eq!(vpcs, serde_json::json!([true]), "{}", account.name);
        }
    }
}
