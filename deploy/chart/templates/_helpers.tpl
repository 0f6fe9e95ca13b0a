{{- define "cxloop.labels" -}}
app.kubernetes.io/name: cxloop
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "cxloop.spark" -}}
matchLabels:
  app.kubernetes.io/name: cxloop
  app.kubernetes.io/instance: {{ .Release.Name }}
matchExpressions:
  - key: app.kubernetes.io/component
    operator: In
    values: [spark-master, spark-worker, spark-connect]
{{- end }}

{{- define "cxloop.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "cxloop.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end }}

{{- define "cxloop.image" -}}
image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{/* All pods are the same user, since nobody else can read what is in the warehouse. */}}
{{- define "cxloop.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "cxloop.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* The workspace's two files, put where cxloop writes beside them: as its own user, for nobody else to read. */}}
{{- define "cxloop.prepare" -}}
- name: settings
  {{- include "cxloop.image" . | nindent 2 }}
  {{- include "cxloop.container" . | nindent 2 }}
  command: ["sh", "-ceu", "umask 077; mkdir -p /srv/cxloop/workspace; cp /etc/cxloop/*.toml /srv/cxloop/workspace/"]
  resources:
    requests: {cpu: 10m, memory: 32Mi}
    limits: {memory: 64Mi}
  volumeMounts:
    - {name: workspace, mountPath: /srv/cxloop}
    - {name: settings, mountPath: /etc/cxloop, readOnly: true}
{{- end }}

{{- define "cxloop.environment" -}}
- name: CXLOOP_WORKSPACE
  value: /srv/cxloop/workspace
- name: HOME
  value: /tmp
- name: PGSSLMODE
  value: {{ .Values.database.sslMode | quote }}
- name: PGSSLROOTCERT
  value: {{ ternary "/etc/cxloop-ca/ca.crt" "/etc/ssl/certs/ca-certificates.crt" (ne .Values.database.caSecret "") }}
- name: CXLOOP_DATABASE_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ .Values.secret }}, key: database-password}
- name: CXLOOP_SECRET_KEY
  valueFrom:
    secretKeyRef: {name: {{ .Values.secret }}, key: secret-key}
{{- end }}

{{- define "cxloop.mounts" -}}
- {name: workspace, mountPath: /srv/cxloop}
- {name: tmp, mountPath: /tmp}
{{- if .Values.database.caSecret }}
- {name: database-ca, mountPath: /etc/cxloop-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "cxloop.volumes" -}}
- name: settings
  configMap:
    name: {{ .Release.Name }}
- name: tmp
  emptyDir: {}
{{- if .Values.database.caSecret }}
- name: database-ca
  secret:
    secretName: {{ .Values.database.caSecret }}
{{- end }}
{{- end }}

{{- define "cxloop.warehouse" -}}
- name: warehouse
  persistentVolumeClaim:
    claimName: {{ .Values.spark.warehouse.existingClaim | default (printf "%s-warehouse" .Release.Name) }}
{{- end }}
