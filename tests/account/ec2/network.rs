//! Networks of one's own: their states, what they refuse, and what holds what ("Amazon VPC user guide" and the API reference
//! of Amazon EC2, whose codes these are).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::raw::call;
use crate::testing::pass;
use labform_account::Sandbox;

/// A new account, and the ids that calls have given.
struct Network {
    sandbox: Sandbox,
    ids: BTreeMap<String, String>,
}

impl Network {
    fn new() -> Self {
        Self { sandbox: Sandbox::in_memory(), ids: BTreeMap::new() }
    }

    /// Lives a story: each row is a call with its members, in which `$name` stands for an id, and what becomes of it: `! code`
    /// of a refusal, `path = value` in its answer, or `path > name` for an id that is kept. `wait` lets seconds pass.
    async fn live(&mut self, story: &[(&str, &str)]) {
        for (words, end) in story {
            let mut words = words.split(' ');
            let operation = words.next().unwrap_or_default();
            if operation == "wait" {
                pass(&self.sandbox, words.next().unwrap().parse().unwrap()).await;
                continue;
            }
            let mut input = Map::new();
            for (member, value) in words.map(|word| word.split_once('=').unwrap()) {
                let value = value.strip_prefix('$').map_or(value, |name| &self.ids[name]);
                input.insert(member.to_owned(), value.into());
            }
            let said = call(&self.sandbox, &format!("ec2:{operation}"), &input.clone().into()).await;
            let row = format!("{operation} {input:?}: {end}: {said:?}");
            let ends: Vec<&str> = end.split(' ').collect();
            match (&ends[..], said) {
                (["!", code], Err((said, _))) => assert_eq!(said, *code, "{row}"),
                ([path, "=", value @ ..], Ok(answer)) => {
                    let value = value.join(" ");
                    let value = value.strip_prefix('$').map_or(value.as_str(), |name| &self.ids[name]);
                    assert_eq!(at(&answer, path), value, "{row}");
                }
                ([path, ">", name], Ok(answer)) => drop(self.ids.insert((*name).to_owned(), at(&answer, path))),
                _ => panic!("{row}"),
            }
        }
    }
}

/// The text at a place of an answer; empty if there is none.
fn at(answer: &Value, path: &str) -> String {
    let place = answer.pointer(&format!("/{}", path.replace('.', "/")));
    place.and_then(Value::as_str).unwrap_or_default().to_owned()
}

const VPC: (&str, &str) = ("CreateVpc CidrBlock=10.0.7.9/16", "vpc.vpcId > vpc");
const SUBNET: (&str, &str) = ("CreateSubnet VpcId=$vpc CidrBlock=10.0.1.0/24", "subnet.subnetId > subnet");

#[tokio::test]
async fn vpcs_and_subnets() {
    let mut network = Network::new();
    let story = [
        ("CreateVpc CidrBlock=10.0.0.0/15", "! InvalidVpc.Range"),
        ("CreateVpc CidrBlock=ten", "! InvalidParameterValue"),
        VPC,
        ("DescribeVpcs VpcId.1=$vpc", "vpcSet.0.cidrBlock = 10.0.0.0/16"),
        ("DescribeVpcs VpcId.1=$vpc", "vpcSet.0.isDefault = false"),
        ("DescribeVpcs VpcId.1=vpc-0", "! InvalidVpcID.NotFound"),
        ("DescribeVpcAttribute VpcId=$vpc Attribute=enableDnsSupport", "enableDnsSupport.value = true"),
        ("DescribeVpcAttribute VpcId=$vpc Attribute=enableDnsHostnames", "enableDnsHostnames.value = false"),
        (
            "ModifyVpcAttribute VpcId=$vpc EnableDnsSupport.Value=true EnableDnsHostnames.Value=true",
            "! InvalidParameterCombination",
        ),
        ("ModifyVpcAttribute VpcId=$vpc EnableDnsHostnames.Value=true", "return = true"),
        ("DescribeVpcAttribute VpcId=$vpc Attribute=enableDnsHostnames", "enableDnsHostnames.value = true"),
        ("CreateSubnet VpcId=vpc-0 CidrBlock=10.0.1.0/24", "! InvalidVpcID.NotFound"),
        ("CreateSubnet VpcId=$vpc CidrBlock=10.1.1.0/24", "! InvalidSubnet.Range"),
        ("CreateSubnet VpcId=$vpc CidrBlock=10.0.1.0/29", "! InvalidSubnet.Range"),
        ("CreateSubnet VpcId=$vpc CidrBlock=10.0.1.0/24 AvailabilityZone=eu-west-1z", "! InvalidParameterValue"),
        SUBNET,
        ("CreateSubnet VpcId=$vpc CidrBlock=10.0.1.128/25", "! InvalidSubnet.Conflict"),
        ("DescribeSubnets SubnetId.1=$subnet", "subnetSet.0.mapPublicIpOnLaunch = false"),
        ("DescribeSubnets SubnetId.1=$subnet", "subnetSet.0.availableIpAddressCount = 251"),
        ("ModifySubnetAttribute SubnetId=$subnet MapPublicIpOnLaunch.Value=true", "return = true"),
        ("DescribeSubnets SubnetId.1=$subnet", "subnetSet.0.mapPublicIpOnLaunch = true"),
        ("DescribeSubnets SubnetId.1=subnet-0", "! InvalidSubnetID.NotFound"),
        ("DeleteSubnet SubnetId=subnet-0", "! InvalidSubnetID.NotFound"),
        ("DeleteVpc VpcId=$vpc", "! DependencyViolation"),
        ("DeleteSubnet SubnetId=$subnet", "return = true"),
        // What AWS made along with it goes with it: the main route table, the default group.
        ("DeleteVpc VpcId=$vpc", "return = true"),
        ("DeleteVpc VpcId=$vpc", "! InvalidVpcID.NotFound"),
        ("DescribeRouteTables Filter.1.Name=vpc-id Filter.1.Value.1=$vpc", "routeTableSet.0.vpcId = "),
        ("CreateVpc CidrBlock=10.1.0.0/16", "vpc.vpcId > one"),
        ("CreateVpc CidrBlock=10.2.0.0/16", "vpc.vpcId > two"),
        ("CreateVpc CidrBlock=10.3.0.0/16", "vpc.vpcId > three"),
        ("CreateVpc CidrBlock=10.4.0.0/16", "vpc.vpcId > four"),
        ("CreateVpc CidrBlock=10.5.0.0/16", "! VpcLimitExceeded"),
    ];
    network.live(&story).await;
}

#[tokio::test]
async fn gateways_and_routes() {
    let mut network = Network::new();
    let story = [
        VPC,
        SUBNET,
        ("CreateInternetGateway", "internetGateway.internetGatewayId > igw"),
        ("CreateInternetGateway", "internetGateway.internetGatewayId > spare"),
        ("CreateRouteTable VpcId=$vpc ClientToken=a", "routeTable.routeTableId > table"),
        ("CreateRouteTable VpcId=$vpc ClientToken=a", "routeTable.routeTableId = $table"),
        ("CreateRouteTable VpcId=vpc-0", "! InvalidVpcID.NotFound"),
        ("CreateRoute RouteTableId=$table DestinationCidrBlock=0.0.0.0/0 GatewayId=$igw", "! InvalidParameterValue"),
        ("AttachInternetGateway InternetGatewayId=igw-0 VpcId=$vpc", "! InvalidInternetGatewayID.NotFound"),
        ("AttachInternetGateway InternetGatewayId=$igw VpcId=$vpc", "return = true"),
        ("AttachInternetGateway InternetGatewayId=$igw VpcId=$vpc", "! Resource.AlreadyAssociated"),
        ("AttachInternetGateway InternetGatewayId=$spare VpcId=$vpc", "! InvalidParameterValue"),
        ("DetachInternetGateway InternetGatewayId=$spare VpcId=$vpc", "! Gateway.NotAttached"),
        ("DeleteInternetGateway InternetGatewayId=$spare", "return = true"),
        ("DeleteInternetGateway InternetGatewayId=$igw", "! DependencyViolation"),
        (
            "CreateRoute RouteTableId=rtb-0 DestinationCidrBlock=0.0.0.0/0 GatewayId=$igw",
            "! InvalidRouteTableID.NotFound",
        ),
        (
            "CreateRoute RouteTableId=$table DestinationCidrBlock=0.0.0.0/0 NatGatewayId=nat-0",
            "! InvalidNatGatewayID.NotFound",
        ),
        ("CreateRoute RouteTableId=$table DestinationCidrBlock=0.0.0.0/0 GatewayId=$igw", "return = true"),
        ("CreateRoute RouteTableId=$table DestinationCidrBlock=0.0.0.0/0 GatewayId=$igw", "! RouteAlreadyExists"),
        ("ReplaceRoute RouteTableId=$table DestinationCidrBlock=1.2.3.0/24 GatewayId=$igw", "! InvalidRoute.NotFound"),
        ("DescribeRouteTables RouteTableId.1=$table", "routeTableSet.0.routeSet.0.gatewayId = local"),
        ("DescribeRouteTables RouteTableId.1=$table", "routeTableSet.0.routeSet.1.state = active"),
        ("AssociateRouteTable RouteTableId=$table SubnetId=$subnet", "associationId > association"),
        ("AssociateRouteTable RouteTableId=$table SubnetId=$subnet", "! Resource.AlreadyAssociated"),
        ("DescribeRouteTables RouteTableId.1=$table", "routeTableSet.0.associationSet.0.subnetId = $subnet"),
        ("DeleteRouteTable RouteTableId=$table", "! DependencyViolation"),
        // A route to what is gone stays, and leads nowhere.
        ("DetachInternetGateway InternetGatewayId=$igw VpcId=$vpc", "return = true"),
        ("DescribeRouteTables RouteTableId.1=$table", "routeTableSet.0.routeSet.1.state = blackhole"),
        ("DeleteRoute RouteTableId=$table DestinationCidrBlock=0.0.0.0/0", "return = true"),
        ("DeleteRoute RouteTableId=$table DestinationCidrBlock=0.0.0.0/0", "! InvalidRoute.NotFound"),
        ("CreateRouteTable VpcId=$vpc", "routeTable.routeTableId > other"),
        (
            "ReplaceRouteTableAssociation AssociationId=$association RouteTableId=$other",
            "newAssociationId > association",
        ),
        ("DeleteRouteTable RouteTableId=$table", "return = true"),
        ("DisassociateRouteTable AssociationId=$association", "return = true"),
        ("DisassociateRouteTable AssociationId=$association", "! InvalidAssociationID.NotFound"),
        ("DescribeRouteTables Filter.1.Name=vpc-id Filter.1.Value.1=$vpc", "routeTableSet.0.vpcId = $vpc"),
        (
            "DescribeRouteTables Filter.1.Name=vpc-id Filter.1.Value.1=$vpc Filter.2.Name=association.main \
             Filter.2.Value.1=true",
            "routeTableSet.0.routeTableId > main",
        ),
        ("DeleteRouteTable RouteTableId=$main", "! DependencyViolation"),
    ];
    network.live(&story).await;
}

#[tokio::test]
async fn nat_gateways_and_addresses() {
    let mut network = Network::new();
    let nat = "CreateNatGateway SubnetId=$subnet AllocationId=$address";
    let route = "CreateRoute RouteTableId=$table DestinationCidrBlock=0.0.0.0/0 NatGatewayId=$nat";
    let state = "DescribeNatGateways NatGatewayId.1=$nat";
    let story = [
        VPC,
        SUBNET,
        ("AllocateAddress", "allocationId > address"),
        ("DescribeAddresses AllocationId.1=$address", "addressesSet.0.domain = vpc"),
        ("DescribeAddresses AllocationId.1=eipalloc-0", "! InvalidAllocationID.NotFound"),
        ("ReleaseAddress AllocationId=eipalloc-0", "! InvalidAllocationID.NotFound"),
        ("CreateNatGateway SubnetId=subnet-0 AllocationId=$address", "! InvalidSubnetID.NotFound"),
        ("CreateNatGateway SubnetId=$subnet AllocationId=eipalloc-0", "! InvalidAllocationID.NotFound"),
        // What is wrong with the network shows in a gateway that fails.
        (nat, "natGateway.natGatewayId > failed"),
        ("DescribeNatGateways NatGatewayId.1=$failed", "natGatewaySet.0.state = failed"),
        ("DescribeNatGateways NatGatewayId.1=$failed", "natGatewaySet.0.failureCode = Gateway.NotAttached"),
        ("CreateInternetGateway", "internetGateway.internetGatewayId > igw"),
        ("AttachInternetGateway InternetGatewayId=$igw VpcId=$vpc", "return = true"),
        ("CreateRouteTable VpcId=$vpc", "routeTable.routeTableId > table"),
        ("CreateNatGateway SubnetId=$subnet AllocationId=$address ClientToken=a", "natGateway.natGatewayId > nat"),
        ("CreateNatGateway SubnetId=$subnet AllocationId=$address ClientToken=a", "natGateway.natGatewayId = $nat"),
        (state, "natGatewaySet.0.state = pending"),
        (route, "! InvalidNatGatewayID.NotFound"),
        ("wait 121", ""),
        (state, "natGatewaySet.0.state = available"),
        (state, "natGatewaySet.0.connectivityType = public"),
        (route, "return = true"),
        // The gateway holds its address, its subnet, and by its public address the internet gateway.
        ("ReleaseAddress AllocationId=$address", "! InvalidIPAddress.InUse"),
        ("DeleteSubnet SubnetId=$subnet", "! DependencyViolation"),
        ("DetachInternetGateway InternetGatewayId=$igw VpcId=$vpc", "! DependencyViolation"),
        ("DeleteNatGateway NatGatewayId=nat-0", "! NatGatewayNotFound"),
        ("DeleteNatGateway NatGatewayId=$nat", "natGatewayId = $nat"),
        (state, "natGatewaySet.0.state = deleting"),
        ("ReleaseAddress AllocationId=$address", "! InvalidIPAddress.InUse"),
        ("wait 121", ""),
        // It is shown for an hour more, its route stays, and its address stays the account's.
        (state, "natGatewaySet.0.state = deleted"),
        ("DescribeRouteTables RouteTableId.1=$table", "routeTableSet.0.routeSet.1.state = blackhole"),
        ("DescribeAddresses AllocationId.1=$address", "addressesSet.0.networkInterfaceId = "),
        ("ReleaseAddress AllocationId=$address", "return = true"),
        ("DetachInternetGateway InternetGatewayId=$igw VpcId=$vpc", "return = true"),
        ("DeleteSubnet SubnetId=$subnet", "return = true"),
        ("wait 3601", ""),
        (state, "! NatGatewayNotFound"),
        ("AllocateAddress", "allocationId > one"),
        ("AllocateAddress", "allocationId > two"),
        ("AllocateAddress", "allocationId > three"),
        ("AllocateAddress", "allocationId > four"),
        ("AllocateAddress", "allocationId > five"),
        ("AllocateAddress", "! AddressLimitExceeded"),
    ];
    network.live(&story).await;
}

#[tokio::test]
async fn endpoints() {
    let mut network = Network::new();
    let logs = "CreateVpcEndpoint VpcId=$vpc VpcEndpointType=Interface ServiceName=com.amazonaws.eu-west-1.logs \
                SubnetId.1=$subnet";
    let state = "DescribeVpcEndpoints VpcEndpointId.1=$logs";
    let s3 = "CreateVpcEndpoint VpcId=$vpc ServiceName=com.amazonaws.eu-west-1.s3 RouteTableId.1=$table";
    let story = [
        VPC,
        SUBNET,
        ("CreateSubnet VpcId=$vpc CidrBlock=10.0.2.0/24", "subnet.subnetId > beside"),
        ("CreateRouteTable VpcId=$vpc", "routeTable.routeTableId > table"),
        ("CreateVpcEndpoint VpcId=$vpc ServiceName=com.amazonaws.eu-west-1.nothing", "! InvalidServiceName"),
        (s3, "vpcEndpoint.vpcEndpointId > s3"),
        (s3, "! RouteAlreadyExists"),
        ("DescribeVpcEndpoints VpcEndpointId.1=$s3", "vpcEndpointSet.0.state = available"),
        ("DescribeRouteTables RouteTableId.1=$table", "routeTableSet.0.routeSet.1.gatewayId = $s3"),
        // Private names ask for both attributes of the VPC, of which a new one has one.
        (logs, "! InvalidParameter"),
        ("ModifyVpcAttribute VpcId=$vpc EnableDnsHostnames.Value=true", "return = true"),
        (logs, "vpcEndpoint.vpcEndpointId > logs"),
        (logs, "! InvalidParameter"),
        (state, "vpcEndpointSet.0.state = pending"),
        ("wait 61", ""),
        (state, "vpcEndpointSet.0.state = available"),
        (state, "vpcEndpointSet.0.privateDnsEnabled = true"),
        ("ModifyVpcEndpoint VpcEndpointId=$logs AddSubnetId.1=$beside", "! DuplicateSubnetsInSameZone"),
        ("ModifyVpcEndpoint VpcEndpointId=vpce-0", "! InvalidVpcEndpointId.NotFound"),
        ("DeleteSubnet SubnetId=$subnet", "! DependencyViolation"),
        // What can't be deleted is told in an answer of success.
        ("DeleteVpcEndpoints VpcEndpointId.1=vpce-0", "unsuccessful.0.error.code = InvalidVpcEndpointId.NotFound"),
        ("DeleteVpcEndpoints VpcEndpointId.1=$logs VpcEndpointId.2=$s3", "unsuccessful = "),
        (state, "vpcEndpointSet.0.state = deleting"),
        ("DescribeVpcEndpoints VpcEndpointId.1=$s3", "! InvalidVpcEndpointId.NotFound"),
        ("DescribeRouteTables RouteTableId.1=$table", "routeTableSet.0.routeSet.1.gatewayId = "),
        ("DeleteSubnet SubnetId=$subnet", "! DependencyViolation"),
        ("wait 121", ""),
        (state, "! InvalidVpcEndpointId.NotFound"),
        ("DeleteSubnet SubnetId=$subnet", "return = true"),
        ("DeleteSubnet SubnetId=$beside", "return = true"),
        ("DeleteRouteTable RouteTableId=$table", "return = true"),
        ("DeleteVpc VpcId=$vpc", "return = true"),
    ];
    network.live(&story).await;
}
