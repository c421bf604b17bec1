//! Sizes: those of Fargate's tasks, and the units that others measure in.

use std::time::Duration;

use labform_account::rules::smallest_on_fargate;

/// The smallest task of Fargate's with so many CPU units and MiB; its largest if none has.
pub(super) fn size(cpu: u64, memory: u64) -> (u64, u64) {
    let [cpu, memory] = [cpu, memory].map(|amount| i64::try_from(amount).unwrap_or(i64::MAX));
    let (cpu, memory) = smallest_on_fargate(cpu, memory);
    (cpu.unsigned_abs(), memory.unsigned_abs())
}

/// The MiB that a text such as `512m`, `1g` or `64M` means; plain digits are bytes ("Specifying byte values", Compose
/// specification).
pub(super) fn mebibytes(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.trim_end_matches(|sign: char| sign.is_ascii_alphabetic());
    let number: f64 = digits.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
    let unit = match &text[digits.len()..] {
        "" | "b" => 1.0 / f64::from(1 << 20),
        "k" | "kb" => 1.0 / 1024.0,
        "m" | "mb" => 1.0,
        "g" | "gb" => 1024.0,
        _ => return None,
    };
    whole(number * unit)
}

/// The CPU units of so many processors.
pub(super) fn units(processors: &str) -> Option<u64> {
    let number: f64 = processors.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
    whole(number * 1024.0)
}

/// The seconds that a text such as `1m30s` means, as far as AWS takes so many.
pub(super) fn seconds(text: &str, least: u64, most: u64) -> Option<u64> {
    let time: Duration = humantime::parse_duration(text.trim()).ok()?;
    Some(time.as_millis().div_ceil(1000).try_into().unwrap_or(most).clamp(least, most))
}

/// The next whole number. No task is so large that it wouldn't fit.
fn whole(number: f64) -> Option<u64> {
    format!("{:.0}", number.ceil()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_task_that_holds_it_is_taken() {
        for (wanted, expected) in [
            ((0, 0), (256, 512)),
            ((256, 600), (256, 1024)),
            ((256, 1200), (256, 2048)),
            ((512, 100), (512, 1024)),
            ((100, 5000), (1024, 5120)),
            ((3000, 0), (4096, 8192)),
            ((5000, 20_000), (8192, 20_480)),
            ((99_999, 1), (16_384, 122_880)),
        ] {
            assert_eq!(size(wanted.0, wanted.1), expected, "{wanted:?}");
        }
    }

    #[test]
    fn units_of_others_are_read() {
        let sizes = ["512m", "1g", "1.5GB", "1073741824", "300k", "2x", "", "-1m"];
        assert_eq!(sizes.map(mebibytes), [Some(512), Some(1024), Some(1536), Some(1024), Some(1), None, None, None]);
        assert_eq!(["0.5", "2", "x"].map(units), [Some(512), Some(2048), None]);
        assert_eq!(
            ["1m30s", "500ms", "1h", "x"].map(|text| seconds(text, 5, 300)),
            [Some(90), Some(5), Some(300), None]
        );
    }
}
