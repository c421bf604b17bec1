//! The time until which a lab is to live, as people write it.

use std::time::{Duration, SystemTime};

use humantime::{format_rfc3339_seconds, parse_duration, parse_rfc3339};

/// The longest time from now.
const LONGEST: Duration = Duration::from_hours(24 * 3660);
/// The word for a lab that lives until somebody destroys it.
const NEVER: &str = "never";

/// The time until which a lab is to live.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use labform::model::Expiry;
///
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_932_000);
/// let until = |text: &str| text.parse::<Expiry>().map(|expiry| expiry.after(now));
/// assert_eq!(until("8h"), Ok("2026-11-29T14:00:00Z".to_owned()));
/// assert_eq!(until("2026-11-29"), Ok("2026-11-29T23:59:59Z".to_owned()));
/// assert_eq!(until("never"), Ok("never".to_owned()));
/// assert!(until("soon").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// So long after the last apply.
    After(Duration),
    /// At this time.
    At(SystemTime),
    /// Not by itself.
    Never,
}

impl Expiry {
    /// The time as a tag has it, if the apply is `now`: in UTC, to the second, as in `2026-11-29T06:00:00Z`.
    pub fn after(self, now: SystemTime) -> String {
        let at = match self {
            Self::After(time) => now + time,
            Self::At(at) => at,
            Self::Never => return NEVER.to_owned(),
        };
        format_rfc3339_seconds(at).to_string()
    }
}

impl std::str::FromStr for Expiry {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == NEVER {
            return Ok(Self::Never);
        }
        // A day lasts until its end.
        let day = (text.len() == 10).then(|| format!("{text}T23:59:59Z"));
        if let Ok(at) = parse_rfc3339(day.as_deref().unwrap_or(text)) {
            return Ok(Self::At(at));
        }
        match parse_duration(text) {
            Ok(time) if (Duration::from_mins(1)..=LONGEST).contains(&time) => Ok(Self::After(time)),
            _ => Err(
                "write a time such as `8h` or `2d`, a date such as `2026-11-29` or `2026-11-29T06:00:00Z`, or `never`",
            ),
        }
    }
}
