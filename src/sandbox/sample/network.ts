export interface NetworkSettings {
  /** Name to the number of its /24 in the network. */
  subnets?: Record<string, number>;
  mtu?: number;
}

/** What no comment, check, page or log may ever show: the story looks for it. */
export const vpnSharedKey = 'hunter2-of-the-vpn';

/** The stack `network`. The demo's acts are other settings of it. */
export function networkFiles(settings: NetworkSettings = {}): Record<string, string> {
  return {
    'network/main.tf': main(settings),
    'network/variables.tf': variables,
    'network/outputs.tf': outputs,
  };
}

function main({ subnets = { public: 10, private: 20 }, mtu = 1500 }: NetworkSettings): string {
  const width = Math.max(...Object.keys(subnets).map((name) => name.length));
  const lines = Object.entries(subnets).map(([name, number]) => `    ${name.padEnd(width)} = ${number}`);
  return `locals {
  name = "acme-\${var.environment}"

  # Each is a /24 of the network; the number says which.
  subnets = {
${lines.join('\n')}
  }
}

resource "terraform_data" "network" {
  input = {
    name = local.name
    cidr = var.cidr
    mtu  = ${mtu}
  }
}

resource "terraform_data" "subnet" {
  for_each = local.subnets

  input = {
    name = "\${local.name}-\${each.key}"
    cidr = cidrsubnet(var.cidr, 8, each.value)
  }
}

resource "terraform_data" "vpn" {
  input = {
    peer       = var.vpn_peer
    shared_key = var.vpn_shared_key
  }
}
`;
}

const variables = `variable "environment" {
  type    = string
  default = "production"
}

variable "cidr" {
  type    = string
  default = "10.20.0.0/16"
}

variable "vpn_peer" {
  description = "Address of the office's gateway."
  type        = string
  default     = "203.0.113.7"
}

variable "vpn_shared_key" {
  type      = string
  sensitive = true
  default   = "${vpnSharedKey}"
}
`;

const outputs = `output "subnets" {
  value = { for name, subnet in terraform_data.subnet : name => subnet.input.cidr }
}

output "vpn_shared_key" {
  value     = var.vpn_shared_key
  sensitive = true
}
`;
