//! The two speeds of the tests: a sample of what repeats one idea many times, or all of it.

/// Whether everything is to be taken, because `LABFORM_TESTS=all` says so.
///
/// # Panics
/// If the variable says something else: whoever mistypes it would take the sample for all.
pub(crate) fn everything() -> bool {
    match std::env::var("LABFORM_TESTS").as_deref() {
        Ok("all") => true,
        Ok(other) => panic!("LABFORM_TESTS is `all` or isn't set, and not `{other}`"),
        Err(_) => false,
    }
}

/// Takes every `step`-th of `all`, from the first, unless everything is to be taken.
pub(crate) fn every<C: FromIterator<T>, T>(step: usize, all: impl IntoIterator<Item = T>) -> C {
    all.into_iter().step_by(if everything() { 1 } else { step }).collect()
}
