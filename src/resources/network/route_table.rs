//! Route tables, with their routes and the subnets that use them.

use std::collections::BTreeSet;
use std::ptr;

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::apart::apart;
use super::{InternetGateway, NatGateway, OwnSubnet, OwnVpc, around, default_to, id_of, prefix, without_vpc};
use crate::cloud::{Cloud, CloudError, EC2, Result, unless_gone};
use crate::resource::{
    Calls, Checks, Content, Field, Grant, Habits, Home, Live, NameRule, Need, Others, Pasted, Place, Plain, Problem,
    Read, Ref, SpecRef, by_hand, call, document, owned, replace, update,
};
use crate::resources::ecs::{list, text};

/// A route table: the field of CreateRouteTable, its routes, and its associations.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteTable {
    /// The VPC of the table.
    pub vpc_id: Option<Ref<OwnVpc>>,
    /// The routes, beside the one to the VPC itself and those of endpoints.
    pub routes: Option<Vec<Route>>,
    /// The subnets that use the table. A subnet that none names uses the VPC's main table.
    pub associations: Option<Vec<Association>>,
}

/// A route: the fields of CreateRoute.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// The network to which the route leads, as in `0.0.0.0/0`.
    pub destination_cidr_block: String,
    /// The internet gateway through which it leads.
    pub gateway_id: Option<Ref<InternetGateway>>,
    /// The NAT gateway through which it leads.
    pub nat_gateway_id: Option<Ref<NatGateway>>,
}

/// A subnet that uses the table.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Association {
    /// The subnet.
    pub subnet_id: Ref<OwnSubnet>,
}

/// The destination that is everywhere.
const EVERYWHERE: &str = "0.0.0.0/0";
const LIST: Read = owned("DescribeRouteTables", "routeTableSet");

impl Plain for RouteTable {
    const KIND: &'static str = "routeTable";
    const SECTION: &'static str = "routeTables";
    const NAME: NameRule = super::NAME;
    const FIELDS: &'static [Field] =
        &[replace("vpcId"), update("routes").unordered(), update("associations").unordered()];
    const PASTED: Pasted = Pasted {
        around: &["routeTables", "routeTable"],
        told: &["ownerId", "propagatingVgws", "routeTableId"],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EC2,
        arn: "route-table/*",
        id: "routeTableId",
        name: "",
        made: "",
        brings_tags: true,
        create: call("CreateRouteTable", "")
            .with(r#"{"TagSpecification": [{"ResourceType": "route-table", "Tag": []}]}"#),
        read: &[LIST],
        list: LIST,
        updates: &[by_hand(&["routes", "associations"]).after_create()],
        delete: call("DeleteRouteTable", "RouteTableId"),
        restore: None,
    };
    /// AWS refuses while a subnet uses it, and what is in a subnet loses its way when it goes.
    const HABITS: Habits = Habits { goes_after: &["subnet"], ..Habits::NAMELESS };

    fn place_in(section: &mut Value, home: &Home) {
        default_to(section, "vpcId", home.vpc.as_str());
    }

    fn refs(&self) -> Vec<SpecRef> {
        let mut refs: Vec<SpecRef> = self.vpc_id.iter().map(|vpc| vpc.at("vpcId")).collect();
        for (n, route) in self.routes.iter().flatten().enumerate() {
            refs.extend(route.gateway_id.iter().map(|gateway| gateway.at(format!("routes[{n}].gatewayId"))));
            refs.extend(route.nat_gateway_id.iter().map(|nat| nat.at(format!("routes[{n}].natGatewayId"))));
        }
        let subnets = self.associations.iter().flatten().enumerate();
        refs.extend(subnets.map(|(n, one)| one.subnet_id.at(format!("associations[{n}].subnetId"))));
        refs
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let vpc = self.vpc_id.is_none().then(without_vpc);
        let routes = self.routes.iter().flatten().enumerate();
        let aimless = routes.filter(|(_, route)| route.gateway_id.is_some() == route.nat_gateway_id.is_some());
        let aimless = aimless.map(|(n, _)| {
            Problem::at(format!("routes[{n}]"), "a route leads through one gateway")
                .hint("give it either `gatewayId` or `natGatewayId`")
        });
        let apart = apart(&Plain::refs(self), checks);
        vpc.into_iter().chain(aimless).chain(doubled(self, checks)).chain(apart).collect()
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        if let Some(vpc) = &self.vpc_id {
            want["vpcId"] = id_of(vpc, others).shown().into();
        }
        for (n, route) in self.routes.iter().flatten().enumerate() {
            let destination = &mut want["routes"][n]["destinationCidrBlock"];
            *destination = prefix(destination);
            if let Some(gateway) = &route.gateway_id {
                want["routes"][n]["gatewayId"] = id_of(gateway, others).shown().into();
            }
            if let Some(nat) = &route.nat_gateway_id {
                want["routes"][n]["natGatewayId"] = id_of(nat, others).shown().into();
            }
        }
        for (n, one) in self.associations.iter().flatten().enumerate() {
            want["associations"][n]["subnetId"] = id_of(&one.subnet_id, others).shown().into();
        }
        want
    }

    /// Routes that AWS makes itself, to the VPC and to endpoints, are nobody's to change.
    fn heard(document: &mut Value) {
        let is_own = |route: &&Value| route["origin"] == "CreateRoute" && route.get("destinationCidrBlock").is_some();
        let routes = list(document, "routeSet").filter(is_own).map(|route| {
            let fields = ["destinationCidrBlock", "gatewayId", "natGatewayId"];
            let known = fields.into_iter().filter_map(|field| Some((field.to_owned(), route.get(field)?.clone())));
            Value::Object(known.collect::<Map<_, _>>())
        });
        let routes: Vec<Value> = routes.collect();
        let used = list(document, "associationSet").filter(|one| one.get("subnetId").is_some());
        let used: Vec<Value> = used.map(|one| json!({ "subnetId": one["subnetId"] })).collect();
        document["routes"] = routes.into();
        document["associations"] = used.into();
    }

    async fn close(&self, cloud: &Cloud, live: &Live, fields: &Map<String, Value>) -> Result<()> {
        if let Some(want) = fields.get("routes") {
            routes(cloud, live, want).await?;
        }
        match fields.get("associations") {
            Some(want) => associations(cloud, live, want).await,
            None => Ok(()),
        }
    }

    async fn free(cloud: &Cloud, live: &Live, _content: Content) -> Result<()> {
        associations(cloud, live, &json!([])).await
    }

    fn links(live: &Live) -> Vec<String> {
        vec![live.text("vpcId").to_owned()]
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let changes = &[
            "ec2:CreateRoute",
            "ec2:ReplaceRoute",
            "ec2:DeleteRoute",
            "ec2:AssociateRouteTable",
            "ec2:DisassociateRouteTable",
        ];
        let find = Grant::in_region(Need::Change, &["ec2:DescribeRouteTables", "ec2:DescribeNatGateways"], place);
        vec![
            around(&["ec2:CreateRouteTable"], &["vpc"], place),
            Grant::on_owned(Need::Change, changes, place),
            Grant::on_owned(Need::Delete, &["ec2:DisassociateRouteTable"], place),
            find,
        ]
    }
}

impl RouteTable {
    /// Returns whether the subnet uses the table.
    pub(crate) fn is_of(&self, subnet: &Ref<OwnSubnet>) -> bool {
        self.associations.iter().flatten().any(|one| one.subnet_id.name == subnet.name)
    }

    /// The route to everywhere else, if there is one.
    pub(crate) fn way_out(&self) -> Option<&Route> {
        self.routes.iter().flatten().find(|route| route.destination_cidr_block == EVERYWHERE)
    }
}

/// Makes the routes of a table those that are wanted.
async fn routes(cloud: &Cloud, live: &Live, want: &Value) -> Result<()> {
    let destination = |route: &Value| text(route, "destinationCidrBlock");
    let want: Vec<&Value> = want.as_array().into_iter().flatten().collect();
    for route in &want {
        let before = list(&live.document, "routes").find(|other| destination(other) == destination(route));
        let operation = match before {
            Some(before) if before == *route => continue,
            Some(_) => "ReplaceRoute",
            None => "CreateRoute",
        };
        let mut asked = EC2.case.members((*route).clone());
        asked["RouteTableId"] = live.arn.as_str().into();
        match cloud.call(&EC2, operation, asked.clone()).await {
            // A call whose answer was lost made it.
            Err(error) if error.is("RouteAlreadyExists") => drop(cloud.call(&EC2, "ReplaceRoute", asked).await?),
            Err(error) if error.is("InvalidNatGatewayID.NotFound") => {
                return Err(why_unready(cloud, route, error).await);
            }
            end => drop(end?),
        }
    }
    for gone in list(&live.document, "routes") {
        if want.iter().all(|route| destination(route) != destination(gone)) {
            let asked = json!({"RouteTableId": live.arn, "DestinationCidrBlock": destination(gone)});
            unless_gone(cloud.call(&EC2, "DeleteRoute", asked).await)?;
        }
    }
    Ok(())
}

/// The refusal of a route to a NAT gateway: it passes while the gateway is being made, and never if that failed.
async fn why_unready(cloud: &Cloud, route: &Value, error: CloudError) -> CloudError {
    let asked = json!({"NatGatewayId": [route["natGatewayId"]]});
    let Ok(answer) = cloud.call(&EC2, "DescribeNatGateways", asked).await else { return error };
    let failed = list(&answer, "natGatewaySet").find(|nat| text(nat, "state") == "failed");
    match failed {
        Some(nat) => {
            let message = format!("the NAT gateway failed: {}", text(nat, "failureMessage"));
            CloudError::answered("CreateNatGateway", &text(nat, "failureCode"), message)
        }
        None => error,
    }
}

/// Makes the subnets that use a table those that are wanted. One that uses another table is moved over.
async fn associations(cloud: &Cloud, live: &Live, want: &Value) -> Result<()> {
    let want: Vec<String> = want.as_array().into_iter().flatten().map(|one| text(one, "subnetId")).collect();
    let have: Vec<String> = list(&live.document, "associations").map(|one| text(one, "subnetId")).collect();
    for subnet in want.iter().filter(|subnet| !have.contains(subnet)) {
        let asked = json!({"RouteTableId": live.arn, "SubnetId": subnet});
        match cloud.call(&EC2, "AssociateRouteTable", asked).await {
            Err(error) if error.is("Resource.AlreadyAssociated") => move_over(cloud, live, subnet, error).await?,
            end => drop(end?),
        }
    }
    for one in list(&live.document, "associationSet") {
        let subnet = text(one, "subnetId");
        if have.contains(&subnet) && !want.contains(&subnet) {
            let asked = json!({"AssociationId": text(one, "routeTableAssociationId")});
            unless_gone(cloud.call(&EC2, "DisassociateRouteTable", asked).await)?;
        }
    }
    Ok(())
}

/// Lets a subnet that uses another table use this one.
async fn move_over(cloud: &Cloud, live: &Live, subnet: &str, error: CloudError) -> Result<()> {
    let asked = json!({"Filter": [{"Name": "association.subnet-id", "Value": [subnet]}]});
    let answer = cloud.call(&EC2, "DescribeRouteTables", asked).await?;
    for table in list(&answer, "routeTableSet") {
        let mut used = list(table, "associationSet");
        let Some(one) = used.find(|one| text(one, "subnetId") == subnet) else { continue };
        if text(table, "routeTableId") == live.arn {
            return Ok(());
        }
        let association = text(one, "routeTableAssociationId");
        cloud.call(&EC2, "DisassociateRouteTable", json!({"AssociationId": association})).await?;
        let asked = json!({"RouteTableId": live.arn, "SubnetId": subnet});
        return cloud.call(&EC2, "AssociateRouteTable", asked).await.map(drop);
    }
    Err(error)
}

/// The problems of a route table with two routes to one network, or with a subnet that another table has.
fn doubled(table: &RouteTable, checks: &Checks<'_>) -> Vec<Problem> {
    let mut networks = BTreeSet::new();
    let routes = table.routes.iter().flatten().enumerate().filter_map(|(n, route)| {
        let network = route.destination_cidr_block.parse::<Ipv4Net>().ok()?.trunc();
        let words = format!("there is another route to {network}");
        (!networks.insert(network)).then(|| Problem::at(format!("routes[{n}].destinationCidrBlock"), words))
    });
    let mut problems: Vec<Problem> = routes.collect();
    let is_this = |other: &RouteTable| ptr::eq(other, table);
    let is_known = checks.all::<RouteTable>().any(|(_, other)| is_this(other));
    let before = || checks.all::<RouteTable>().take_while(|(_, other)| !is_this(other)).filter(|_| is_known);
    for (n, one) in table.associations.iter().flatten().enumerate() {
        let has_it =
            |other: &RouteTable| other.associations.iter().flatten().any(|it| it.subnet_id.name == one.subnet_id.name);
        if let Some((address, _)) = before().find(|(_, other)| has_it(other)) {
            let words = format!("{address} has this subnet already: a subnet uses one route table");
            problems.push(Problem::at(format!("associations[{n}].subnetId"), words));
        }
    }
    problems
}
