//! Several accounts behind one server, and labform in each of them by its access key.

use std::process::Command;

use labform_account::{Accounts, Pace, Sandbox};

use crate::embedded::{FILE, Served};
use crate::labform::{Folder, Run, watch};

pub(crate) const REGION: &str = "eu-west-1";
const ANN: &str = "111111111111";
const BOB: &str = "222222222222";
const EVE: &str = "333333333333";

/// A served class: the folder that people work in, and the accounts in a folder below it.
pub(crate) struct Class {
    pub(crate) folder: Folder,
    pub(crate) accounts: Accounts,
    pub(crate) server: Served,
}

impl Class {
    /// Serves accounts in which each image is there, with these options.
    pub(crate) fn start(ids: &[&str], options: &[&str]) -> Self {
        let folder = Folder::empty();
        let first = Sandbox::open(&folder.path().join(FILE), Pace::Instant).expect("it is a fresh account");
        let accounts = Accounts::beside(first, &folder.path().join("accounts")).expect("the folder can be made");
        let server = serve(&folder, options);
        let class = Self { folder, accounts, server };
        for id in ids {
            class.account(id).with(|account| account.simulation(REGION).images_are_there());
        }
        class
    }

    /// One of the accounts, without the server.
    pub(crate) fn account(&self, id: &str) -> Sandbox {
        self.accounts.account(id).expect("its file can be opened")
    }

    /// `labform ARGS` through the server, with an account's access key, for `watch`.
    pub(crate) fn command(&self, key: &str, args: &[&str]) -> Command {
        let mut command = self.folder.command(&[args, &["--endpoint-url", &self.server.url]].concat());
        command.env("AWS_ACCESS_KEY_ID", key);
        command
    }

    /// Runs `labform ARGS` through the server, with an account's access key.
    pub(crate) fn labform(&self, key: &str, args: &[&str]) -> Run {
        watch(self.command(key, args), &mut || None)
    }

    /// The number of objects in an account's region that carry a lab's tag.
    pub(crate) fn owned(&self, id: &str) -> usize {
        let items = self.account(id).inventory();
        items.iter().filter(|item| item.tags.contains_key("labform:lab") && item.tombstone.is_none()).count()
    }
}

fn serve(folder: &Folder, options: &[&str]) -> Served {
    let accounts = folder.path().join("accounts").display().to_string();
    Served::start(&folder.path().join(FILE), &[&["--accounts", &accounts], options].concat())
}

#[test]
fn each_account_has_a_lab_of_its_own() {
    let mut class = Class::start(&[ANN, BOB], &[]);
    class.folder.write("lab.yaml", include_str!("../lab8.yaml"));
    let apply = ["apply", "--yes"];
    let fresh = class.labform(BOB, &["plan", "--detailed-exitcode"]).exits(2).changes();
    let first = class.labform(ANN, &apply).exits(0);
    assert!(first.stderr.contains(ANN), "{first}");
    for id in [BOB, EVE] {
        assert_eq!(class.labform(id, &["plan", "--detailed-exitcode"]).exits(2).changes(), fresh);
    }
    class.labform(BOB, &apply).exits(0);
    let all = class.owned(BOB);
    assert_eq!((class.owned(ANN), class.owned(EVE)), (all, 0));

    // A server is killed whenever its process is, and the files are the accounts.
    class.server = serve(&class.folder, &[]);
    class.labform(ANN, &["destroy", "--yes"]).exits(0);
    assert_eq!((class.owned(ANN), class.owned(BOB)), (0, all));
    class.labform(BOB, &["plan", "--detailed-exitcode"]).exits(0).says("No changes.");
}
