//! The calls that a server answered, of each account in each region: what AWS would have counted for its limits.

use std::collections::BTreeMap;

use crate::report::counted;

/// The accounts that are named for their busiest second.
const NAMED: usize = 3;

/// The calls of each account and region.
#[derive(Debug, Default)]
pub(super) struct Calls(BTreeMap<(String, String), Count>);

/// The calls of one account in one region.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    all: usize,
    /// The last second in which there was one, and how many there were in it.
    last: (u64, usize),
    /// The most in a second.
    most: usize,
}

impl Calls {
    /// Takes note of a call in the second `second` of the server's work.
    pub(super) fn count(&mut self, account: &str, region: &str, second: u64) {
        let count = self.0.entry((account.to_owned(), region.to_owned())).or_default();
        let before = if count.last.0 == second { count.last.1 } else { 0 };
        count.last = (second, before + 1);
        count.all += 1;
        count.most = count.most.max(before + 1);
    }

    /// The lines that say how many there were; nothing of one account.
    pub(super) fn lines(&self) -> Vec<String> {
        let places = self.0.len();
        if places < 2 {
            return Vec::new();
        }
        let all: usize = self.0.values().map(|count| count.all).sum();
        let most = self.0.values().map(|count| count.all).max().unwrap_or_default();
        let mut busy: Vec<_> = self.0.iter().collect();
        busy.sort_by_key(|(_, count)| std::cmp::Reverse(count.most));
        let busy = busy.into_iter().take(NAMED);
        let busy: Vec<String> =
            busy.map(|((account, region), count)| format!("{} ({account} {region})", count.most)).collect();
        vec![
            format!(
                "{} of {places} accounts in their regions: {} each, at most {most}",
                counted(all, "call"),
                all / places
            ),
            format!("the most calls in a second: {}", busy.join(", ")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_second_of_each_account_is_known() {
        let mut calls = Calls::default();
        for (account, second) in [("1", 0), ("1", 0), ("1", 7), ("2", 7), ("2", 8), ("3", 9), ("3", 9), ("3", 9)] {
            calls.count(account, "eu-west-1", second);
        }
        insta::assert_snapshot!(calls.lines().join("\n"), @r"
        8 calls of 3 accounts in their regions: 2 each, at most 3
        the most calls in a second: 3 (3 eu-west-1), 2 (1 eu-west-1), 1 (2 eu-west-1)
        ");
        let mut one = Calls::default();
        one.count("1", "eu-west-1", 0);
        assert!(one.lines().is_empty());
    }
}
