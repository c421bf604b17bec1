//! The network of the lab's own in which its resources stand.

use serde_json::Value;

use crate::model::Address;

/// The network of the lab's own in which its resources stand if they don't say otherwise, as far as the spec tells.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// The name of the VPC below `vpcs`.
    pub vpc: String,
    /// The names of its subnets whose route table leads to an internet gateway.
    pub public: Vec<String>,
    /// The names of its other subnets.
    pub private: Vec<String>,
}

/// A resource that the short form of another makes, or a part of one.
#[derive(Clone, Debug)]
pub struct Made {
    /// The resource's address.
    pub address: Address,
    /// The fields that it has unless its own section gives them.
    pub fields: Vec<(&'static str, Value)>,
}
