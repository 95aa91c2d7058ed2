export interface AppSettings {
  replicas?: number;
  image?: string;
  /** Configuration after the shop's own. */
  more?: string;
}

/** What no comment, check, page or log may ever show: the story looks for it. */
export const databasePassword = 'hunter2-of-the-database';

/** The stack `app` and the module that it is made of. */
export function appFiles(settings: AppSettings = {}): Record<string, string> {
  return {
    'app/main.tf': main(settings),
    'app/variables.tf': variables,
    'app/outputs.tf': outputs,
    ...serviceModule,
  };
}

function main({ replicas = 2, image = 'registry.example.com/shop:1.4.0', more = '' }: AppSettings): string {
  return `module "shop" {
  source = "../modules/service"

  name     = "shop"
  replicas = ${replicas}
  image    = "${image}"
  settings = {
    currency = "EUR"
    database = "postgres://shop:\${var.database_password}@db.internal/shop"
  }
}
${more}`;
}

const variables = `variable "database_password" {
  type      = string
  sensitive = true
  default   = "${databasePassword}"
}
`;

const outputs = `output "instances" {
  value = module.shop.instances
}
`;

const serviceModule: Record<string, string> = {
  'modules/service/main.tf': `resource "terraform_data" "settings" {
  input = var.settings
}

# A new image means new machines.
resource "terraform_data" "instance" {
  count = var.replicas

  input            = "\${var.name}-\${count.index + 1}"
  triggers_replace = var.image
}
`,
  'modules/service/variables.tf': `variable "name" {
  type = string
}

variable "replicas" {
  type = number
}

variable "image" {
  type = string
}

variable "settings" {
  type = map(string)
}
`,
  'modules/service/outputs.tf': `output "instances" {
  value = terraform_data.instance[*].input
}
`,
};
