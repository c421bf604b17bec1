//! What objects cost by themselves, with nothing running: thousandths of a USD an hour, by AWS's list for us-east-1.
//!
//! Sources: aws.amazon.com/vpc/pricing, aws.amazon.com/privatelink/pricing (August 2026). Traffic is not in it.

/// A NAT gateway.
pub(super) const NAT_GATEWAY: usize = 45;
/// A public IPv4 address, in use or idle.
pub(super) const ADDRESS: usize = 5;
/// An endpoint of the type Interface, in each subnet.
pub(super) const ENDPOINT: usize = 10;
