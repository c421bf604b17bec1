//! The labs in `examples/`, each brought up and taken down.

use std::fs;
use std::path::Path;

use crate::account::Account;

#[test]
fn each_example_comes_up_and_goes_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = fs::read_dir(&folder).expect("there are examples");
    for path in entries.map(|entry| entry.expect("the folder can be read").path()) {
        // The folder holds sources of the lab at the project's root.
        if path.is_dir() {
            continue;
        }
        let account = Account::embedded("eu-west-1");
        println!("{}", path.display());
        let text = fs::read_to_string(&path).expect("an example is text");
        account.folder.write("lab.yaml", &text);
        // What an example needs that no repository holds.
        account.folder.write("db.secret", "correct-horse-battery");
        account.apply();
        account.is_unchanged();
        account.labform(&["destroy", "--yes"]).exits(0);
        account.labform(&["destroy", "--yes"]).exits(0).says("No changes.");
    }
}
