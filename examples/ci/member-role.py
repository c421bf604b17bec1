"""Prints the CloudFormation template of the role that labform takes in each student's account.

    labform policy destroy --split policies        # or `apply`: what the role may do in the lab of lab.yaml
    python3 member-role.py policies/destroy-*.json > member-role.json

It is made for a StackSet. The statements are those that `labform policy` prints, and no more. Are the labs named after
the students? Print the policies for a student who isn't, and name that one: it stands for any.

    labform policy destroy --var student=anybody --split policies
    python3 member-role.py --any anybody policies/destroy-*.json > member-role.json
"""

import json
import sys


def parameter(description, **more):
    return {"Type": "String", "Description": description, **more}


def widened(value, name):
    """The value with `*` for the name. A condition that is equal to the name is like the pattern then."""
    if isinstance(value, str):
        return value.replace(name, "*")
    if isinstance(value, list):
        return [widened(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    wide = {}
    for key, item in value.items():
        if key != "Condition":
            wide[key] = widened(item, name)
            continue
        wide[key] = conditions = {}
        for operator, tests in item.items():
            for tag, texts in tests.items():
                found = widened(texts, name)
                like = operator if found == texts else operator.replace("Equals", "Like")
                conditions.setdefault(like, {})[tag] = found
    return wide


def template(policies):
    parts = {
        f"Part{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"Description": "What labform may do in the lab", "PolicyDocument": policy},
        }
        for number, policy in enumerate(policies, 1)
    }
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": {"Ref": "HubRoles"}},
        "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
    }
    role = {
        "RoleName": {"Ref": "RoleName"},
        # AWS gives a role that comes from another role an hour at most.
        "MaxSessionDuration": 3600,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "ManagedPolicyArns": [{"Ref": part} for part in parts],
    }
    return {
        "Description": "The role that labform takes in a student's account",
        "Parameters": {
            "HubRoles": parameter("The ARNs of the roles that may come in", Type="CommaDelimitedList"),
            "ExternalId": parameter("The class.csv's externalId", MinLength=2, NoEcho=True),
            "RoleName": parameter("The class.csv's role", Default="labform-class"),
        },
        "Resources": {**parts, "Role": {"Type": "AWS::IAM::Role", "Properties": role}},
    }


if __name__ == "__main__":
    anybody, names = None, sys.argv[1:]
    if names[:1] == ["--any"]:
        anybody, names = names[1] if names[1:] else "", names[2:]
    if not names or anybody == "":
        sys.exit(__doc__.strip())
    policies = []
    for name in names:
        with open(name, encoding="utf-8") as file:
            policies.append(json.load(file))
    if anybody:
        if anybody not in json.dumps(policies):
            sys.exit(f"the policies don't name {anybody}: were they printed with --var student={anybody}?")
        policies = [widened(policy, anybody) for policy in policies]
    json.dump(template(policies), sys.stdout, indent=2)
    print()
