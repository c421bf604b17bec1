#!/usr/bin/env python3
"""Renews src/model/price/prices.json from AWS's public price list, which needs no account.

    .github/prices/renew.py [--from DIR] [REGION...]    # the regions that the table has, unless others are named

It reads the files of AWS's Price List Bulk API line by line (that of AmazonEC2 has hundreds of megabytes), or those
that stand below DIR as SERVICE/REGION/index.csv. A price that the list doesn't hold stays as it is, and is named; the
exit code is 1 then. Look at the difference before you commit it.
"""

import csv
import io
import json
import pathlib
import re
import sys
import urllib.request

TABLE = pathlib.Path(__file__).resolve().parents[2] / "src/model/price/prices.json"
LIST = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/{service}/current/{region}/index.csv"
HOURS = 730  # of a month, as labform reckons
# Our unit, the service whose list has it, the usage type without its region, the operation if it tells, hours of a unit.
UNITS = [
    ("fargateCpu", "AmazonECS", "Fargate-vCPU-Hours:perCPU", "", 1),
    ("fargateMemory", "AmazonECS", "Fargate-GB-Hours", "", 1),
    ("fargateArmCpu", "AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU", "", 1),
    ("fargateArmMemory", "AmazonECS", "Fargate-ARM-GB-Hours", "", 1),
    ("applicationLoadBalancer", "AWSELB", "LoadBalancerUsage", "LoadBalancing:Application", 1),
    ("networkLoadBalancer", "AWSELB", "LoadBalancerUsage", "LoadBalancing:Network", 1),
    ("natGateway", "AmazonEC2", "NatGateway-Hours", "NatGateway", 1),
    ("interfaceEndpoint", "AmazonVPC", "VpcEndpoint-Hours", "", 1),
    ("publicAddress", "AmazonVPC", "PublicIPv4:InUseAddress", "", 1),
    ("secret", "AWSSecretsManager", "AWSSecretsManager-Secrets", "", HOURS),
    ("hostedZone", "AmazonRoute53", "HostedZone", "", HOURS),
    ("advancedParameter", "AWSSystemsManager", "PS-Advanced-Param-Tier1", "", HOURS),
    ("alarm", "AmazonCloudWatch", "CW:AlarmMonitorUsage", "", HOURS),
    ("highResolutionAlarm", "AmazonCloudWatch", "CW:HighResAlarmMonitorUsage", "", HOURS),
    ("dashboard", "AmazonCloudWatch", "DashboardsUsageHour", "", HOURS),
    ("fileThroughput", "AmazonEFS", "ProvisionedTP-MiBpsHrs", "", HOURS),
]


def lines(service, region, folder):
    """The lines of a service's list for a region."""
    if folder:
        return (folder / service / region / "index.csv").open(encoding="utf-8", newline="")
    answer = urllib.request.urlopen(LIST.format(service=service, region=region), timeout=60)
    return io.TextIOWrapper(answer, encoding="utf-8", newline="")


def read(service, region, folder):
    """The day of a list, and what it asks on demand for the first of each usage type and operation."""
    with lines(service, region, folder) as text:
        rows = csv.reader(text)
        day, names = "", []
        for row in rows:
            if row[0] == "Publication Date":
                day = row[1][:10]
            if row[0] == "SKU":
                names = [name.lower() for name in row]
                break
        prices = {}
        for row in rows:
            one = dict(zip(names, row))
            if one["termtype"] == "OnDemand" and one["startingrange"] in ("", "0") and one["currency"] == "USD":
                prices.setdefault((one["usagetype"], one.get("operation", "")), float(one["priceperunit"]))
    return day, prices


def renew(regions, folder):
    """The rows of the table, and what the lists don't hold."""
    table = {(row["region"], row["unit"]): row for row in json.loads(TABLE.read_text(encoding="utf-8"))}
    regions, missing = regions or sorted({region for region, _ in table}), []
    for region in regions:
        for service in sorted({unit[1] for unit in UNITS}):
            try:
                day, prices = read(service, region, folder)
            except OSError as error:
                missing.append(f"{region}: {service}: {error}")
                continue
            for unit, _, usage, operation, hours in (unit for unit in UNITS if unit[1] == service):
                of_region = re.compile(rf"(?:[A-Z]+[0-9]*-)?{re.escape(usage)}")
                found = {
                    usd
                    for (used, done), usd in prices.items()
                    if of_region.fullmatch(used) and operation in ("", done) and usd > 0
                }
                if len(found) != 1:
                    missing.append(f"{region}: {unit}: {len(found)} prices for {usage}")
                    continue
                source = f"AWS's price list, {service}: {usage}"
                row = {"region": region, "unit": unit, "usd": round(found.pop() / hours, 9)}
                table[region, unit] = {**row, "date": day, "source": source}
    order = [unit[0] for unit in UNITS]
    rows = sorted(table.values(), key=lambda row: (row["region"] != "us-east-1", row["region"], order.index(row["unit"])))
    return rows, missing


def main(words):
    folder = None
    if words[:1] == ["--from"]:
        folder, words = pathlib.Path(words[1]), words[2:]
    rows, missing = renew(words, folder)
    # JSON has no shorter form of a small number that Python would write.
    written = [re.sub(r"(?<=\"usd\": )[^,]+", f"{row['usd']:.9f}".rstrip("0"), json.dumps(row)) for row in rows]
    TABLE.write_text("[\n" + ",\n".join(f"  {row}" for row in written) + "\n]\n", encoding="utf-8")
    for one in missing:
        print(one, file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
