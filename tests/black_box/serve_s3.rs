//! The AWS CLI's `aws s3` on a served account: large files in parts, moves, synchronised folders, signed addresses.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::account::Account;
use crate::aws;
use crate::labform::{Folder, credentials};

const REGION: &str = "eu-west-1";
const BUCKET: &str = "s3://served-files";
/// The bytes of a large file, which the CLI sends in parts of 8 MiB.
const LARGE: usize = 50 * 1024 * 1024;

/// Runs `aws s3 ARGS` in the folder, and returns what it says.
#[track_caller]
fn s3(account: &Account, folder: &Folder, args: &str) -> String {
    let output = Command::new(aws::program())
        .arg("s3")
        .args(args.split_whitespace())
        .current_dir(folder.path())
        .env_clear()
        .envs(credentials())
        .env("AWS_ENDPOINT_URL", &account.url)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("AWS_CONFIG_FILE", folder.path().join("config"))
        .output()
        .expect("the CLI starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "aws s3 {args}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Bytes that no part of a file has in common with another.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..length.div_ceil(8)).flat_map(|_| next().to_le_bytes()).take(length).collect()
}

#[test]
fn a_large_file_comes_back_as_it_was_also_when_it_was_moved() {
    let account = Account::embedded(REGION);
    let folder = Folder::empty();
    let content = noise(LARGE);
    fs::write(folder.path().join("large"), &content).unwrap();
    s3(&account, &folder, &format!("mb {BUCKET}"));
    let begun = Instant::now();
    s3(&account, &folder, &format!("cp --only-show-errors large {BUCKET}/large"));
    let up = begun.elapsed();
    s3(&account, &folder, &format!("cp --only-show-errors {BUCKET}/large back"));
    println!("50 MiB: up in {up:?}, down in {:?}", begun.elapsed() - up);
    assert!(fs::read(folder.path().join("back")).unwrap() == content, "the bytes are the same");
    s3(&account, &folder, &format!("mv --only-show-errors {BUCKET}/large {BUCKET}/moved"));
    let listed = s3(&account, &folder, &format!("ls {BUCKET}"));
    assert!(listed.contains("52428800 moved") && !listed.contains("large"), "{listed}");
    s3(&account, &folder, &format!("mv --only-show-errors {BUCKET}/moved again"));
    assert!(fs::read(folder.path().join("again")).unwrap() == content, "the bytes are the same");
    s3(&account, &folder, &format!("rb {BUCKET}"));
}

#[test]
fn a_folder_is_synchronised_file_by_file_by_the_clock_on_the_wall() {
    // The account's time runs far ahead of the files'.
    let account = Account::embedded_with(REGION, &["--speed", "3600"]);
    let folder = Folder::empty();
    fs::create_dir_all(folder.path().join("here/sub")).unwrap();
    for name in ["here/a b.txt", "here/é.txt", "here/sub/c"] {
        folder.write(name, "before");
    }
    s3(&account, &folder, &format!("mb {BUCKET}"));
    let up = format!("sync here {BUCKET}/there");
    assert_eq!(s3(&account, &folder, &up).matches("upload:").count(), 3);
    assert_eq!(s3(&account, &folder, &up), "", "nothing has changed");
    // The same size, and a time that S3 writes as a later second.
    folder.write("here/sub/c", "edited");
    let later = SystemTime::now() + Duration::from_secs(2);
    File::options().write(true).open(folder.path().join("here/sub/c")).unwrap().set_modified(later).unwrap();
    let edited = s3(&account, &folder, &up);
    assert!(edited.matches("upload:").count() == 1 && edited.contains("here/sub/c"), "{edited}");
    s3(&account, &folder, &format!("sync {BUCKET}/there copy"));
    assert_eq!(fs::read_to_string(folder.path().join("copy/sub/c")).unwrap(), "edited");
    assert_eq!(fs::read_to_string(folder.path().join("copy/é.txt")).unwrap(), "before");
    fs::remove_file(folder.path().join("here/a b.txt")).unwrap();
    let gone = s3(&account, &folder, &format!("{up} --delete"));
    assert!(gone.contains("delete:") && gone.contains("a b.txt"), "{gone}");
    s3(&account, &folder, &format!("rm --recursive {BUCKET}/"));
    s3(&account, &folder, &format!("rb {BUCKET}"));
}

#[test]
fn a_signed_address_is_answered_until_its_end_and_to_no_page_from_elsewhere() {
    let account = Account::embedded(REGION);
    let folder = Folder::empty();
    folder.write("a", "signed");
    s3(&account, &folder, &format!("mb {BUCKET}"));
    s3(&account, &folder, &format!("cp a {BUCKET}/a"));
    let host = account.url.trim_start_matches("http://");
    let get = |address: &str, header: &str| {
        let path = address.trim().split_once(host).expect("it leads here").1;
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}Connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let old = get(&s3(&account, &folder, &format!("presign {BUCKET}/a")), "");
    assert!(old.starts_with("HTTP/1.1 400") && old.contains("signature_version s3v4"), "{old}");
    folder.write("config", "[default]\ns3 =\n    signature_version = s3v4\n");
    let address = s3(&account, &folder, &format!("presign {BUCKET}/a"));
    let answer = get(&address, "");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nsigned"), "{answer}");
    let page = get(&address, "Origin: https://evil.example\r\n");
    assert!(page.starts_with("HTTP/1.1 403") && !page.contains("signed"), "{page}");
    let short = s3(&account, &folder, &format!("presign --expires-in 1 {BUCKET}/a"));
    std::thread::sleep(Duration::from_secs(2));
    let late = get(&short, "");
    assert!(late.starts_with("HTTP/1.1 403") && late.contains("Request has expired"), "{late}");
}
