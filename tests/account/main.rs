//! The embedded account, seen through the SDK's own clients. What needs no client is tested beside the code.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod ec2;
#[cfg(test)]
mod ecr;
#[cfg(test)]
mod ecs;
#[cfg(test)]
mod elbv2;
#[cfg(test)]
mod iam;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod raw;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod s3;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod whole;
