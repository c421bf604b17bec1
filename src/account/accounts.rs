//! The accounts behind a server. A request is for the account that its access key stands for: a key of twelve digits is
//! that account, one that AssumeRole gave out belongs to the account of the role, and any other one is for the first
//! account. The others are made at their first use, each in a file of its own, and cost what is used of them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::faults::{FAULTS, Faults};
use crate::files;
use crate::limit::Bucket;
use crate::sandbox::Sandbox;
use crate::session::Session;
use crate::sts;
use crate::wire::{Call, Request};

/// Accounts that one server answers for. Clones share them.
#[derive(Clone, Debug)]
pub struct Accounts {
    first: Arc<Member>,
    /// The folder of the other accounts' files; none if there is but one account.
    folder: Option<PathBuf>,
    others: Arc<Mutex<BTreeMap<String, Arc<Member>>>>,
}

/// One of the accounts, as the server knows it.
#[derive(Debug)]
pub(crate) struct Member {
    /// The account's twelve digits.
    pub(crate) id: String,
    pub(crate) sandbox: Sandbox,
    /// The moment up to which the account's time was moved on.
    seen: Mutex<Instant>,
    /// The calls that are left in each region.
    left: Mutex<BTreeMap<String, Bucket>>,
}

impl From<Sandbox> for Accounts {
    fn from(first: Sandbox) -> Self {
        Self { first: Member::new(&first.id(), first), folder: None, others: Arc::default() }
    }
}

impl Accounts {
    /// A first account, and the others in the files `<account>.json` of `folder`, which is made if it isn't there.
    ///
    /// # Errors
    ///
    /// If the folder can't be made.
    pub fn beside(first: Sandbox, folder: &Path) -> io::Result<Self> {
        files::make_folder(folder)?;
        Ok(Self { folder: Some(folder.to_owned()), ..first.into() })
    }

    /// The account of these twelve digits.
    ///
    /// # Errors
    ///
    /// If the account's file is a link that leads nowhere.
    pub fn account(&self, id: &str) -> io::Result<Sandbox> {
        Ok(self.member(id)?.sandbox.clone())
    }

    /// The first account's time.
    pub(crate) fn now(&self) -> SystemTime {
        self.first.sandbox.now()
    }

    /// The account that answers a call, and the one that the caller belongs to.
    pub(crate) fn of(&self, call: &Call, request: &Request) -> io::Result<[Arc<Member>; 2]> {
        let session = Session::of(request);
        let caller = self.member(session.as_ref().map_or_else(|| request.key(), |session| &session.account))?;
        let answers = match sts::asked(call, request) {
            Some(id) => self.member(&id)?,
            None => caller.clone(),
        };
        Ok([answers, caller])
    }

    /// The account that a key stands for.
    fn member(&self, key: &str) -> io::Result<Arc<Member>> {
        let is_account = key.len() == 12 && key.bytes().all(|digit| digit.is_ascii_digit());
        let Some(folder) = self.folder.as_ref().filter(|_| is_account && key != self.first.id) else {
            return Ok(self.first.clone());
        };
        let mut others = lock(&self.others);
        if let Some(member) = others.get(key) {
            return Ok(member.clone());
        }
        let sandbox = Sandbox::of(key, &folder.join(format!("{key}.json")), self.first.sandbox.inner.pace)?;
        let member = Member::new(key, sandbox);
        others.insert(key.to_owned(), member.clone());
        Ok(member)
    }
}

impl Member {
    fn new(id: &str, sandbox: Sandbox) -> Arc<Self> {
        Arc::new(Self { id: id.to_owned(), sandbox, seen: Mutex::new(Instant::now()), left: Mutex::default() })
    }

    /// The faults that the account is to have.
    pub(crate) fn faults(&self) -> io::Result<Faults> {
        self.sandbox.beside(FAULTS).map_or_else(|| Ok(Faults::default()), |path| Faults::read(&path))
    }

    /// The time on the wall that passed since the last request.
    pub(crate) fn passed(&self) -> Duration {
        let now = Instant::now();
        now.saturating_duration_since(std::mem::replace(&mut lock(&self.seen), now))
    }

    /// Takes note of a call in `region`, and says whether it is one too many for a `rate` of calls in a second.
    pub(crate) fn is_over(&self, rate: u32, region: &str) -> bool {
        let now = Instant::now();
        let mut left = lock(&self.left);
        !left.entry(region.to_owned()).or_insert_with(|| Bucket::full(rate, now)).take(rate, now)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
