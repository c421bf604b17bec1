//! Resources that others refer to before it is their turn.

use std::collections::BTreeSet;

use super::Planner;
use crate::model::Address;

impl Planner<'_> {
    /// Learns what is live of the resources that others refer to before their turn, unless it is `replaced`.
    pub(super) fn look_ahead(&mut self, replaced: &BTreeSet<Address>) {
        let ahead: BTreeSet<&Address> = self.lab.nodes.values().flat_map(|node| &node.later).collect();
        for address in ahead.into_iter().filter(|address| !replaced.contains(*address)) {
            self.leave(&self.lab.nodes[address]);
        }
    }

    /// The resources that others refer to before their turn, and that turned out to be replaced.
    pub(super) fn replaced_ahead(&self) -> BTreeSet<Address> {
        let replaced = self.changes.iter().filter(|change| change.action.replaces()).map(|change| &change.address);
        let is_ahead = |address: &&Address| self.lab.nodes.values().any(|node| node.later.contains(*address));
        replaced.filter(is_ahead).cloned().collect()
    }
}
