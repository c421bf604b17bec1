//! The two speeds of the trials: a sample of what repeats one idea many times, or all of it.

/// Returns whether all points and seeds are tried, because `LABFORM_TESTS=all` says so, and not a sample of them.
pub(super) fn everything() -> bool {
    std::env::var("LABFORM_TESTS").is_ok_and(|tests| tests == "all")
}

/// Takes every `step`-th of `all`, from the first, unless everything is to be tried.
pub(super) fn every<T>(step: usize, all: impl IntoIterator<Item = T>) -> Vec<T> {
    all.into_iter().step_by(if everything() { 1 } else { step }).collect()
}
