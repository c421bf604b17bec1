//! A limit of calls: a bucket of a second's tokens, which each call takes one of ("Request throttling for the Amazon EC2
//! API", EC2 API reference).

use std::time::Instant;

/// The calls that are left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// A bucket that is full at `now`.
    pub(crate) fn full(rate: u32, now: Instant) -> Self {
        Self { tokens: f64::from(rate), filled: now }
    }

    /// Takes a token of a bucket that `rate` tokens run into each second, and says whether there was one.
    pub(crate) fn take(&mut self, rate: u32, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * f64::from(rate);
        self.tokens = (self.tokens + gained).min(f64::from(rate));
        self.filled = now;
        let is_there = self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(is_there));
        is_there
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Bucket;

    #[test]
    fn a_second_s_calls_can_come_at_once_and_then_as_fast_as_the_bucket_fills() {
        let start = Instant::now();
        let mut bucket = Bucket::full(4, start);
        let mut calls = |at: u64, many: usize| {
            let now = start + Duration::from_millis(at);
            (0..many).filter(|_| bucket.take(4, now)).count()
        };
        assert_eq!((calls(0, 9), calls(500, 9), calls(5_000, 9)), (4, 2, 4));
        let mut none = Bucket::full(0, start);
        assert!(!none.take(0, start + Duration::from_secs(60)));
    }
}
