//! Names and addresses that follow from what else is known of a resource, so that nothing keeps them.

use std::net::Ipv4Addr;

use crate::account::Account;
use crate::ids::hash;

/// An id of another resource that comes and goes with `id`.
pub(super) fn derived(word: &str, id: &str) -> String {
    format!("{word}-{}", &hash(&format!("{word} of {id}"))[..17])
}

/// The id of a zone, as in `euw1-az1` for `eu-west-1a`. On AWS the numbers are each account's own.
pub(super) fn zone_id(zone: &str) -> String {
    let (region, letter) = zone.split_at(zone.len().saturating_sub(1));
    let number = letter.bytes().next().map_or(0, |letter| letter.saturating_sub(b'a') + 1);
    format!("{}-az{number}", in_short(region))
}

/// A region's name as ids of its zones have it: `apne1` for `ap-northeast-1`.
fn in_short(region: &str) -> String {
    const COMPASS: [&str; 5] = ["north", "south", "east", "west", "central"];
    let mut words = region.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |short, word| {
        let mut rest = word;
        let mut letters = String::new();
        while let Some(point) = COMPASS.iter().find(|point| rest.starts_with(**point)) {
            letters.push_str(&point[..1]);
            rest = &rest[point.len()..];
        }
        let last = if letters.is_empty() && word.parse::<u32>().is_err() { &word[..1] } else { rest };
        short + &letters + last
    })
}

/// The hardware address of an interface.
pub(crate) fn mac(interface: &str) -> String {
    let digits = hash(&format!("mac of {interface}"));
    let pairs: Vec<&str> = (0..5).map(|at| &digits[2 * at..2 * at + 2]).collect();
    format!("0a:{}", pairs.join(":"))
}

/// A public address for an interface, of a range that is kept for measurements (RFC 2544) and leads nowhere.
pub(crate) fn public_address(interface: &str) -> String {
    let host = u32::from_str_radix(&hash(&format!("address of {interface}"))[..4], 16).unwrap_or_default();
    Ipv4Addr::from(u32::from(Ipv4Addr::new(198, 18, 0, 0)) + host).to_string()
}

/// The name of a private address in the network's own DNS.
pub(crate) fn private_name(account: &Account, address: &str) -> String {
    let host = format!("ip-{}", address.replace('.', "-"));
    match account.region.as_str() {
        "us-east-1" => format!("{host}.ec2.internal"),
        region => format!("{host}.{region}.compute.internal"),
    }
}

/// The name of a public address.
pub(super) fn host_name(account: &Account, word: &str, address: &str, domain: &str) -> String {
    let host = format!("{word}-{}", address.replace('.', "-"));
    match account.region.as_str() {
        "us-east-1" => format!("{host}.compute-1.{domain}"),
        region => format!("{host}.{region}.compute.{domain}"),
    }
}

#[cfg(test)]
mod tests {
    use super::zone_id;

    #[test]
    fn zones_have_ids_of_their_regions() {
        let cases = [
            ("eu-west-1a", "euw1-az1"),
            ("us-east-1c", "use1-az3"),
            ("ap-northeast-1b", "apne1-az2"),
            ("ca-central-1a", "cac1-az1"),
            ("us-gov-west-1a", "usgw1-az1"),
        ];
        for (zone, id) in cases {
            assert_eq!(zone_id(zone), id);
        }
    }
}
