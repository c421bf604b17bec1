//! Helpers that the tests of the writers share.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use anstream::adapter::strip_bytes;

use crate::model::Address;
use crate::plan::{Action, Change, Costs, Plan};
use crate::resource::{NO_VPC, Others, Place};
use crate::spec::{Lab, Source};

/// The text that was written, without colours.
pub(crate) fn plain(out: &[u8]) -> String {
    String::from_utf8(strip_bytes(out).into_vec()).expect("writers write UTF-8")
}

/// A place for a lab.
pub(crate) fn place() -> Place {
    Place {
        lab: "ecs-lab".to_owned(),
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        vpc: NO_VPC.to_owned(),
    }
}

/// A change without any difference.
pub(crate) fn change(address: &str, name: &str, action: Action) -> Change {
    Change::new(address.parse::<Address>().expect("it is an address"), name, action)
}

/// A plan of these changes.
pub(crate) fn lab_plan(changes: Vec<Change>) -> Plan {
    Plan {
        changes,
        kept: Vec::new(),
        looked_up: Vec::new(),
        notes: Vec::new(),
        others: Others::new(place()),
        outputs: BTreeMap::new(),
        costs: Costs::default(),
    }
}

/// A writer that others can look into.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    /// The text that was written so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no writer panicked").clone()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A lab.
pub(crate) fn lab(text: &str) -> Lab {
    let none = |_: &str| Err(io::Error::from(io::ErrorKind::NotFound));
    Source::parse("lab.yaml", text, &none).expect("it is a lab").into_lab()
}
