//! What `labform sandbox serve --exec` leaves behind when it ends: nothing.

use std::thread::sleep;
use std::time::Duration;

use crate::hosting::{Hosted, runs};

#[test]
fn nothing_is_left_when_it_is_told_to_end_even_of_what_does_not_listen() {
    for signals in [&["TERM"][..], &["INT", "INT"]] {
        let mut hosted = Hosted::start("");
        hosted.folder.write("deaf", "");
        hosted.labform(&["apply", "--yes"]).exits(0);
        let page = hosted.page("/");
        for signal in signals {
            hosted.signal(signal);
            sleep(Duration::from_millis(300));
        }
        hosted.ends(if signals.len() == 1 { 0 } else { 130 });
        assert!(!runs(&page["pid"]), "{}", hosted.told());
        // Without a host the account pretends again.
        if signals.len() == 1 {
            hosted.labform(&["plan", "--detailed-exitcode"]).exits(0);
            let output = hosted.labform(&["output", "url"]).exits(0);
            assert!(output.stderr.contains("url is pretended, and nothing answers there"), "{output}");
            let open = hosted.labform(&["open"]).exits(0);
            assert!(open.stdout.contains(".elb."), "{open}");
            assert!(open.stderr.contains("`labform sandbox serve --exec"), "{open}");
            hosted.labform(&["status"]).exits(0).says("service.web: 2 of 2 running");
        }
    }
}

#[test]
fn nothing_is_left_even_of_a_server_that_is_killed() {
    let mut hosted = Hosted::start("");
    hosted.folder.write("deaf", "");
    hosted.labform(&["apply", "--yes"]).exits(0);
    let page = hosted.page("/");
    hosted.signal("KILL");
    let _ = hosted.serve.wait();
    hosted.until("its process is gone", |_| (!runs(&page["pid"])).then_some(()));
}
