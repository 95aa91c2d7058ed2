/** GitHub's description of one wrong field. */
export interface FieldError {
  resource: string;
  field: string;
  code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  message?: string;
}

/** An answer of the API other than success, in GitHub's form. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 415 | 422 | 500;
  readonly errors: FieldError[] | undefined;

  constructor(status: ApiError['status'], message: string, errors?: FieldError[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }

  toBody(): Record<string, unknown> {
    return {
      message: this.message,
      ...(this.errors ? { errors: this.errors } : {}),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    };
  }
}

/** What GitHub says of everything that is not there or may not be known to be there. */
export function notFound(): ApiError {
  return new ApiError(404, 'Not Found');
}

/** A 422 about one field. */
export function invalid(field: FieldError): ApiError {
  return new ApiError(422, 'Validation Failed', [field]);
}
