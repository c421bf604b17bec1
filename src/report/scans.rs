//! What scans of images found, below the services and jobs of a status.

use std::io::{self, Write};

use anstyle::Style;

use super::style::{BOLD, DIM, GREEN, RED, YELLOW, paint, visible};
use super::wrap::write_wrapped;
use crate::status::ScanDetail;

/// The severities of what scans find, the worst first.
const SEVERITIES: [(&str, Style); 7] = [
    ("CRITICAL", RED),
    ("HIGH", RED),
    ("MEDIUM", YELLOW),
    ("LOW", DIM),
    ("INFORMATIONAL", DIM),
    ("UNDEFINED", DIM),
    ("UNTRIAGED", DIM),
];

/// Writes what each scan found; nothing if there is none.
///
/// # Errors
/// If `out` can't be written to.
pub(super) fn write_scans(out: &mut dyn Write, scans: &[ScanDetail]) -> io::Result<()> {
    if !scans.is_empty() {
        writeln!(out)?;
    }
    scans.iter().try_for_each(|scan| write_scan(out, scan))
}

fn write_scan(out: &mut dyn Write, scan: &ScanDetail) -> io::Result<()> {
    let counts: Vec<String> = SEVERITIES
        .iter()
        .filter_map(|(severity, style)| {
            let count = scan.findings.get(*severity).filter(|count| **count > 0)?;
            Some(paint(*style, format_args!("{count} {severity}")).to_string())
        })
        .collect();
    let words = match (scan.state.as_str(), counts.is_empty()) {
        ("COMPLETE" | "ACTIVE", true) => format!("a scan found {}", paint(GREEN, "nothing")),
        ("COMPLETE" | "ACTIVE", false) => format!("a scan found {}", counts.join(", ")),
        (state, _) => format!("scan {}", paint(YELLOW, visible(state))),
    };
    let reason = match scan.reason.as_str() {
        "" => String::new(),
        reason => format!(": {}", visible(reason)),
    };
    let is_done = ["COMPLETE", "ACTIVE"].contains(&scan.state.as_str());
    let reason = if is_done { String::new() } else { reason };
    let address = paint(BOLD, visible(&scan.address));
    write_wrapped(out, &format!("{address}: "), &format!("{words}{reason}"), 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;
    use crate::report::testing::plain;

    fn scan(name: &str, state: &str, reason: &str, findings: &[(&str, i64)]) -> ScanDetail {
        ScanDetail {
            address: Address::new("image", name),
            digest: "sha256:8f1e2d3c".to_owned(),
            state: state.to_owned(),
            reason: reason.to_owned(),
            findings: findings.iter().map(|(severity, count)| ((*severity).to_owned(), *count)).collect(),
        }
    }

    #[test]
    fn the_worst_comes_first() {
        let scans = [
            scan("web", "COMPLETE", "The scan was completed successfully.", &[("MEDIUM", 12), ("CRITICAL", 1)]),
            scan("job", "ACTIVE", "", &[]),
            scan("old", "UNSUPPORTED_IMAGE", "The operating system is not supported.", &[]),
        ];
        let mut out = Vec::new();
        write_scans(&mut out, &scans).unwrap();
        insta::assert_snapshot!(plain(&out), @r"

        image.web: a scan found 1 CRITICAL, 12 MEDIUM
        image.job: a scan found nothing
        image.old: scan UNSUPPORTED_IMAGE: The operating system is not supported.
        ");
    }
}
