//! An account of moto's of its own, behind a proxy, with another person's objects in it: where labform is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::account::Account;
use crate::emulator::Emulator;
use crate::faults::{Call, Fault, Proxy};
use crate::holdings::Moto;
use crate::labform::{Run, Signal};
use crate::lifecycle::make_twin;
use crate::{KINDS, lab8, lives};

/// The names of the other person's objects begin as those of the lab do.
const THEIRS: &str = "ecs-lab-theirs";

/// Where labform is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kill {
    /// Before the account hears of the k-th call that changes something.
    Before(usize),
    /// After it, and before labform hears the answer.
    After(usize),
}

/// An account and who is in it. One in which nothing is left besides is used again by a later test.
pub(crate) struct Lane {
    pub(crate) account: Account,
    pub(crate) proxy: Proxy,
    moto: Moto,
    theirs: Theirs,
}

/// The other person's objects: each with its name and as moto describes it.
type Theirs = Vec<(String, String)>;

/// The accounts that nobody uses now, with their regions.
static FREE: Mutex<Vec<(&str, &str, Theirs)>> = Mutex::new(Vec::new());

impl Lane {
    /// An account of moto's with nothing in it but one object of each kind of Lab 8's that somebody else made.
    pub(crate) fn fresh(region: &'static str) -> Self {
        let free = {
            let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
            free.iter().position(|(_, of, _)| *of == region).map(|at| free.swap_remove(at))
        };
        if let Some((id, _, theirs)) = free {
            let (account, proxy, moto) = Self::reach(region, id);
            return Self { account, proxy, moto, theirs };
        }
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let (account, proxy, moto) = Self::reach(region, format!("7{number:011}").leak());
        // Bucket names are taken once for all accounts.
        let lab = format!("{THEIRS}-{number}");
        let sections = KINDS.iter().filter(|kind| lab8::FILE.contains(&format!("\n{}:", kind.section())));
        let of_lab8: BTreeSet<&str> = sections.map(|kind| kind.kind()).collect();
        // Other lives of a kind have the same names.
        let of_lab8 = lives::all().into_iter().filter(|life| of_lab8.contains(life.kind));
        let of_lab8 = of_lab8.filter(|life| life.word == life.kind.to_lowercase());
        let twins = of_lab8.filter(|life| make_twin(&account, life, &lab)).count();
        let theirs = moto.objects();
        assert!(theirs.len() >= twins, "{theirs:#?}");
        Self { account, proxy, moto, theirs }
    }

    fn reach(region: &'static str, id: &'static str) -> (Account, Proxy, Moto) {
        let moto = Emulator::moto();
        let proxy = Proxy::before(&moto.url(), Some(id));
        let aside = Proxy::before(&moto.url(), Some(id));
        let account = Account::emulated(moto, region).through(id, &proxy.url, aside.url);
        (account, proxy, Moto { server: moto.url(), account: id, region })
    }

    /// What there is besides the other person's, each name as often as there are objects of it, `ACCOUNT` for the account.
    ///
    /// # Panics
    /// Where anything of the other person's is gone or changed.
    #[track_caller]
    pub(crate) fn ours(&self) -> BTreeMap<String, usize> {
        let found = self.moto.objects();
        for object in &self.theirs {
            assert!(found.contains(object), "touched: {object:#?}\n{found:#?}");
        }
        let theirs: BTreeSet<&String> = self.theirs.iter().map(|(name, _)| name).collect();
        let mut ours = BTreeMap::new();
        for (name, _) in found {
            if !theirs.contains(&name) {
                let name = name.replace(self.account.id, "ACCOUNT");
                *ours.entry(name).or_default() += 1;
            }
        }
        ours
    }

    /// Runs labform, and gives the calls by which it changed something.
    pub(crate) fn count(&self, args: &[&str]) -> (Run, Vec<Call>) {
        self.proxy.play(|_| Fault::None);
        let run = self.account.labform(args);
        (run, self.proxy.writes())
    }

    /// Runs labform and kills it.
    ///
    /// # Panics
    /// Where it ended before.
    #[track_caller]
    pub(crate) fn killed(&self, args: &[&str], kill: Kill) -> Run {
        self.proxy.play(move |call| match kill {
            Kill::Before(k) if call.write == Some(k) => Fault::KillBefore,
            Kill::After(k) if call.write == Some(k) => Fault::KillAfter,
            _ => Fault::None,
        });
        let run = self.account.labform_signalled(args, &mut || self.proxy.is_deadly().then_some(Signal::Kill));
        let last = self.proxy.writes();
        assert_eq!(run.code, None, "it was not killed: {run}\n{last:#?}");
        self.proxy.play(|_| Fault::None);
        run
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if !thread::panicking() && self.moto.objects() == self.theirs {
            let Moto { account, region, .. } = self.moto;
            let theirs = std::mem::take(&mut self.theirs);
            FREE.lock().unwrap_or_else(PoisonError::into_inner).push((account, region, theirs));
        }
    }
}
